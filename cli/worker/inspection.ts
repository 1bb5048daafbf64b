import type { Clock } from '../../engine/clock.ts'
import type { InputSchemas } from '../../engine/input-schemas.ts'
import { CliError } from '../errors.ts'
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

  protected override async read(name: string, key: Buffer): Promise<Buffer | undefined> {
    const store = await this.running.worker.storeOf(name, key)
    if (store !== undefined) return (await store.readMany([key]))[0]
    const { member, members } = this.running.status()
    const others = members.filter((each) => each !== member).join(', ')
    throw new CliError('RUN_ELSEWHERE', `"${member}" does not run the task of this key; others are ${others}`)
  }
}
