import type { Millis } from '../../schemas/ids.ts'
import type { Snapshot, SnapshotState } from '../../schemas/snapshots/v1.ts'
import type { SnapshotManifest } from './manifest.ts'

/** What the snapshots topic says of a snapshot. */
export const snapshotRecord = (
  manifest: SnapshotManifest,
  {
    at,
    uri,
    state,
    metrics = {},
  }: {
    readonly at: Millis
    readonly uri: string
    readonly state: SnapshotState
    readonly metrics?: Readonly<Record<string, number>>
  },
): Snapshot => ({
  snapshotId: `${manifest.model}-${manifest.version}`,
  model: manifest.model,
  version: manifest.version,
  at,
  columnsHash: manifest.columnsHash,
  uri,
  metrics: { ...metrics },
  state,
})
