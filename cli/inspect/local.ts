import type { Clock } from '../../engine/clock.ts'
import { idsOf } from '../../engine/key.ts'
import type { Log } from '../../engine/log/port.ts'
import type { StateRow } from '../../engine/state/port.ts'
import type { Topology } from '../../engine/topology.ts'
import type { Worker } from '../../engine/worker.ts'
import { CliError } from '../errors.ts'
import { StateRows, TaskRows } from '../../serving/state-rows.ts'
import type { EventCounts } from '../runtime/event-counts.ts'
import type {
  ElsewherePartition,
  FeatureView,
  Inspection,
  LetterList,
  LetterView,
  RowList,
  RowView,
  Status,
} from './inspection.ts'
import { featureView } from './features.ts'
import { keyOfIds } from './keys.ts'
import { LetterBox } from './letters.ts'
import { rowView } from './row-view.ts'

/** What runs tasks in this process. */
export interface Inspected {
  readonly worker: Worker
  readonly log: Log
  assertAccepting(): void
}

export interface LocalInspectionParts {
  readonly embedded: Inspected
  readonly topology: Topology
  readonly counts: EventCounts
  readonly clock: Clock
  /** Left out for a log without gaps between offsets. */
  readonly letters?: LetterBox
}

/** Looks into the state and log of this process. */
export class LocalInspection implements Inspection {
  private readonly embedded: Inspected
  private readonly counts: EventCounts
  private readonly clock: Clock
  private readonly stateRows: StateRows
  private readonly box: LetterBox

  constructor({ embedded, topology, counts, clock, letters }: LocalInspectionParts) {
    this.embedded = embedded
    this.counts = counts
    this.clock = clock
    this.stateRows = new StateRows(new TaskRows(embedded.worker, embedded.log.partitions('reactions')))
    this.box = letters ?? new LetterBox(embedded.log, topology, { isDense: true })
  }

  async stores(): Promise<readonly string[]> {
    return this.embedded.worker.storeNames()
  }

  async row(store: string, key: readonly string[], asOf: number | null): Promise<RowView> {
    this.checkStore(store)
    return rowView(store, key, await this.read(store, keyOfIds(key)), asOf, this.clock.now())
  }

  async rows(store: string, prefix: string, limit: number, asOf: number | null): Promise<RowList> {
    this.checkStore(store)
    const { worker } = this.embedded
    const options = { limit, prefix: Buffer.from(prefix) }
    const found: StateRow[] = []
    const listed: number[] = []
    const elsewhere: ElsewherePartition[] = []
    for (const [partition, taskId] of worker.taskIdsOf(store).entries()) {
      const rows = await (await worker.storeIn(taskId, store))?.scan(options)
      if (rows === undefined) elsewhere.push({ partition, ...this.runnerOf(taskId) })
      else {
        listed.push(partition)
        found.push(...rows)
      }
    }
    const rows = found
      .sort((one, other) => Buffer.compare(one.key, other.key))
      .slice(0, limit)
      .map(({ key, value }) => rowView(store, idsOf(key), value, asOf, this.clock.now()))
    return { rows, listed, elsewhere }
  }

  async feature(name: string, key: readonly string[], asOf: number | null): Promise<FeatureView> {
    return featureView(name, key, asOf ?? this.clock.now(), () => this.read(name, keyOfIds(key)))
  }

  async letters(topic: string | null, limit: number): Promise<LetterList> {
    return this.box.list(topic, limit)
  }

  async letter(id: string): Promise<LetterView> {
    return this.box.show(id)
  }

  async replay(id: string): Promise<LetterView> {
    this.embedded.assertAccepting()
    return this.box.replay(id)
  }

  async status(): Promise<Status> {
    const { worker } = this.embedded
    return { ...this.counts.totals, lagRecords: worker.lagRecords(), settled: worker.settled }
  }

  /** A row of a store that there is. */
  protected read(store: string, key: Buffer): Promise<Buffer | undefined> {
    return this.stateRows.read(store, key)
  }

  /** Who runs a task that this process does not run: one process knows of no other. */
  protected runnerOf(_taskId: string): Omit<ElsewherePartition, 'partition'> {
    return { member: null, url: null }
  }

  private checkStore(store: string): void {
    const names = this.embedded.worker.storeNames()
    if (names.includes(store)) return
    throw new CliError('UNKNOWN_STORE', `there is no store "${store}"; stores are ${names.join(', ')}`)
  }
}
