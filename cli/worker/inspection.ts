import type { Clock } from '../../engine/clock.ts'
import type { InputSchemas } from '../../engine/input-schemas.ts'
import { CliError } from '../errors.ts'
import { LetterBox } from '../inspect/letters.ts'
import { runnerText } from '../inspect/elsewhere.ts'
import type { ElsewherePartition } from '../inspect/inspection.ts'
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
    const { worker } = this.running
    const store = await worker.storeOf(name, key)
    if (store !== undefined) return (await store.readMany([key]))[0]
    const taskId = worker.taskIdOf(name, key)
    const { member } = this.running.status()
    throw new CliError(
      'RUN_ELSEWHERE',
      `"${member}" does not run ${taskId}, which keeps this key: ${runnerText(this.runnerOf(taskId))}`,
    )
  }

  /** Of this member itself it is known here that it does not run the task, whatever its last beat said. */
  protected override runnerOf(taskId: string): Omit<ElsewherePartition, 'partition'> {
    const { member } = this.running.status()
    const runner = this.running.runnerOf(taskId)
    return runner === undefined || runner.member === member ? super.runnerOf(taskId) : runner
  }
}
