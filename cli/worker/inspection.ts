import type { Clock } from '../../engine/clock.ts'
import type { InputSchemas } from '../../engine/input-schemas.ts'
import { keyOf } from '../../engine/key.ts'
import { CliError } from '../errors.ts'
import type { FeatureView, RowView } from '../inspect/inspection.ts'
import { LetterBox } from '../inspect/letters.ts'
import { LocalInspection } from '../inspect/local.ts'
import type { EventCounts } from '../runtime/event-counts.ts'
import type { RunningWorker } from './start.ts'

interface Parts {
  readonly running: RunningWorker
  readonly counts: EventCounts
  readonly clock: Clock
  readonly schemas: InputSchemas | undefined
}

/** Looks into the tasks that a worker runs, and into topics; rows of other tasks are other workers'. */
export class WorkerInspection extends LocalInspection {
  private readonly running: RunningWorker

  constructor({ running, counts, clock, schemas }: Parts) {
    const { worker, log, topology } = running
    super({
      embedded: { worker, log, assertAccepting: () => running.assertRunning() },
      topology,
      counts,
      clock,
      letters: new LetterBox(log, topology, { isDense: false, schemas }),
    })
    this.running = running
  }

  override async row(store: string, key: readonly string[]): Promise<RowView> {
    await this.assertHere(store, key)
    return super.row(store, key)
  }

  override async feature(view: string, key: readonly string[], asOf: number | null): Promise<FeatureView> {
    await this.assertHere(view, key)
    return super.feature(view, key, asOf)
  }

  private async assertHere(store: string, key: readonly string[]): Promise<void> {
    const { worker } = this.running
    if (!worker.storeNames().includes(store)) return
    if ((await worker.storeOf(store, keyOf(...key))) !== undefined) return
    const { member, members } = this.running.status()
    const others = members.filter((name) => name !== member).join(', ')
    throw new CliError('RUN_ELSEWHERE', `"${member}" does not run the task of this key; others are ${others}`)
  }
}
