import { number } from '../declare/numbers.ts'
import { map, oneOf } from '../declare/composites.ts'
import { field, mapOrEmpty, record } from '../declare/record.ts'
import { label, text } from '../declare/text.ts'
import type { ValueOf } from '../declare/kind.ts'
import { at } from '../fields.ts'

export const SNAPSHOT_STATES = ['candidate', 'live', 'retired'] as const
export type SnapshotState = (typeof SNAPSHOT_STATES)[number]

export const METRICS_MAX = 1_024
export const URI_CHARACTERS_MAX = 1_024

export const snapshotV1 = record('Snapshot', 'A model was trained, promoted or retired.', {
  snapshotId: field(label(), 'Identity of the snapshot.'),
  model: field(label(), 'The model it is of.'),
  version: field(label(), 'Its version.'),
  at,
  columnsHash: field(label(), 'Names the feature columns it was trained on.'),
  uri: field(text(URI_CHARACTERS_MAX), 'Where its files are.'),
  metrics: mapOrEmpty(map(number(), METRICS_MAX), 'Its progressive metrics, by name.'),
  state: field(oneOf('SnapshotState', SNAPSHOT_STATES), 'Whether it may, does or did serve.'),
})

export type Snapshot = ValueOf<typeof snapshotV1>
