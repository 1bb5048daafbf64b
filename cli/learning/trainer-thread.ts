import { Worker } from 'node:worker_threads'
import type { Log } from '../../engine/log/port.ts'
import { threadFile } from '../../engine/thread-file.ts'
import { MODEL_ERRORS, ModelError, type ModelErrorCode } from '../../models/errors.ts'
import { TRAINING_TOPICS, type TrainingTopic } from '../../models/training/topic-source.ts'
import type { TrainerOptions } from '../../models/training/trainer.ts'
import { logSource } from './log-source.ts'
import type { FromTrainer, LearningReport, Offered, ToTrainer, TrainerThreadData } from './messages.ts'

export interface TrainerThreadParts {
  readonly log: Pick<Log, 'partitions' | 'read' | 'endOffset' | 'onAppend'>
  readonly checkpoints: string
  readonly snapshots: string
  readonly options: TrainerOptions
  /** Told of a snapshot that was offered to the registry. */
  readonly offered: (offered: Offered) => Promise<void>
  /** Told once why the trainer has ended, where nobody stopped it. */
  readonly failed: (error: unknown) => void
}

const MODEL_ERROR_CODES = Object.keys(MODEL_ERRORS) as ModelErrorCode[]

/** An error as it was before it came from another thread, where it has a code. */
const revived = (error: unknown): unknown => {
  if (!(error instanceof Error && 'code' in error && 'detail' in error)) return error
  const code = MODEL_ERROR_CODES.find((each) => each === error.code)
  return code === undefined ? error : new ModelError(code, String(error.detail), { cause: error })
}

const WORKER = threadFile(import.meta.url, 'thread')

/** The owner's side of a trainer on a thread of its own: steps of learning block their thread. */
export class TrainerThread {
  /** What the trainer said of itself last. */
  report: LearningReport | undefined
  private readonly parts: TrainerThreadParts
  private readonly worker: Worker
  private readonly ended: Promise<void>
  private readonly unlisten: () => void
  private isStopping = false
  /** By topic and partition, from where it found nothing to read. */
  private readonly foundNothingAt: Readonly<Record<TrainingTopic, Map<number, number>>> = {
    examples: new Map(),
    'ranking-samples': new Map(),
  }
  private failure: unknown

  constructor(parts: TrainerThreadParts) {
    this.parts = parts
    const { log, checkpoints, snapshots, options } = parts
    const workerData: TrainerThreadData = {
      checkpoints,
      snapshots,
      options,
      partitions: Object.fromEntries(
        TRAINING_TOPICS.map((topic) => [topic, log.partitions(topic)]),
      ) as TrainerThreadData['partitions'],
    }
    this.worker = new Worker(WORKER, { workerData, name: 'freshet-trainer' })
    this.worker.on('message', (message: FromTrainer) => this.hear(message))
    this.worker.on('error', (error) => (this.failure = revived(error)))
    this.unlisten = log.onAppend(() => this.wakeIfMore())
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', () => {
        this.unlisten()
        if (!this.isStopping) parts.failed(this.failure ?? new Error('the trainer has ended'))
        resolve()
      })
    })
  }

  /** Lets it write a last checkpoint; resolves when it has ended. */
  async stop(): Promise<void> {
    this.isStopping = true
    this.tell({ kind: 'stop' })
    await this.ended
  }

  /** Most appends are to other topics: the thread is woken only for what it waits for. */
  private wakeIfMore(): void {
    if (!TRAINING_TOPICS.some((topic) => this.hasMore(topic))) return
    for (const topic of TRAINING_TOPICS) this.foundNothingAt[topic].clear()
    this.tell({ kind: 'appended' })
  }

  private hasMore(topic: TrainingTopic): boolean {
    const { log } = this.parts
    return [...this.foundNothingAt[topic]].some(
      ([partition, offset]) => log.endOffset(topic, partition) > offset,
    )
  }

  private tell(message: ToTrainer): void {
    this.worker.postMessage(message)
  }

  private hear(message: FromTrainer): void {
    if (message.kind === 'report') this.report = message.report
    else void this.answer(message)
  }

  private async answer(question: Exclude<FromTrainer, { readonly kind: 'report' }>): Promise<void> {
    const { id } = question
    try {
      if (question.kind === 'read') {
        const { topic, partition, offset } = question
        const frames = await logSource(this.parts.log)(topic).read(partition, offset)
        if (frames.length === 0) this.foundNothingAt[topic].set(partition, offset)
        const sent = frames.map(({ baseOffset, frame }) => ({ baseOffset, bytes: frame.bytes }))
        this.tell({ kind: 'frames', id, frames: sent })
      } else {
        await this.parts.offered(question.offered)
        this.tell({ kind: 'offered', id })
      }
    } catch (error) {
      this.tell({ kind: 'failed', id, message: String(error) })
    }
  }
}
