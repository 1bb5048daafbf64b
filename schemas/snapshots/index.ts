import { contract } from '../contract.ts'
import { snapshotV1 } from './v1.ts'

export const snapshots = contract({
  topic: 'snapshots',
  about: 'Manifests of models.',
  visibility: 'internal',
  ordinal: 10,
  keyAbout: 'snapshotId',
  keyOf: (snapshot) => snapshot.snapshotId,
  timeOf: (snapshot) => snapshot.at,
  newest: { version: 1, record: snapshotV1 },
})

export * from './v1.ts'
