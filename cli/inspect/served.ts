import type { Clock } from '../../engine/clock.ts'
import type { InputSchemas } from '../../engine/input-schemas.ts'
import type { Log } from '../../engine/log/port.ts'
import type { Topology } from '../../engine/topology.ts'
import type { StateRows } from '../../serving/state-rows.ts'
import { CliError } from '../errors.ts'
import { featureView } from './features.ts'
import type {
  FeatureView,
  Inspection,
  LetterList,
  LetterView,
  RowList,
  RowView,
  Status,
} from './inspection.ts'
import { keyOfIds } from './keys.ts'
import { LetterBox } from './letters.ts'
import { rowView } from './row-view.ts'

export interface ServedInspectionParts {
  readonly log: Log
  readonly rows: StateRows
  /** Names of the stores that can be read. */
  readonly stores: readonly string[]
  readonly topology: Topology
  readonly schemas: InputSchemas | undefined
  readonly clock: Clock
  readonly progress: () => Pick<Status, 'lagRecords' | 'settled' | 'processed'>
}

/** Looks at what a serving process sees: rows as they were carried to Redis, dead letters as they lie on Kafka. */
export class ServedInspection implements Inspection {
  private readonly parts: ServedInspectionParts
  private readonly box: LetterBox

  constructor(parts: ServedInspectionParts) {
    this.parts = parts
    this.box = new LetterBox(parts.log, parts.topology, { isDense: false, schemas: parts.schemas })
  }

  async stores(): Promise<readonly string[]> {
    return this.parts.stores
  }

  async row(store: string, key: readonly string[], asOf: number | null): Promise<RowView> {
    const { stores, rows, clock } = this.parts
    if (!stores.includes(store)) {
      throw new CliError(
        'UNKNOWN_STORE',
        `"${store}" is not carried to Redis; stores are ${stores.join(', ')}`,
      )
    }
    return rowView(store, key, await rows.read(store, keyOfIds(key)), asOf, clock.now())
  }

  async rows(store: string): Promise<RowList> {
    throw new CliError(
      'USAGE',
      `rows of "${store}" are listed by the worker that keeps them: ask it with --url`,
    )
  }

  feature(name: string, key: readonly string[], asOf: number | null): Promise<FeatureView> {
    const { rows, clock } = this.parts
    return featureView(name, key, asOf ?? clock.now(), () => rows.read(name, keyOfIds(key)))
  }

  letters(topic: string | null, limit: number): Promise<LetterList> {
    return this.box.list(topic, limit)
  }

  letter(id: string): Promise<LetterView> {
    return this.box.show(id)
  }

  replay(id: string): Promise<LetterView> {
    return this.box.replay(id)
  }

  /** What was late, a duplicate or put aside, workers count. */
  async status(): Promise<Status> {
    return { late: null, duplicates: null, deadLetters: null, ...this.parts.progress() }
  }
}
