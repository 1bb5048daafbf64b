import { parentPort, workerData } from 'node:worker_threads'
import { frameOf } from '../../engine/log/frame.ts'
import type { StoredFrame } from '../../engine/log/port.ts'
import { ModelRegistry } from '../../models/registry/registry.ts'
import type { TopicSource, TrainingTopic } from '../../models/training/topic-source.ts'
import { Trainer } from '../../models/training/trainer.ts'
import { systemClock } from '../runtime/clock.ts'
import { liveOf } from './live-of.ts'
import type { FromTrainer, ToTrainer, TrainerThreadData } from './messages.ts'
import { progressOf } from './progress.ts'
import { Reporting } from './report.ts'
import { tellBegunAnew } from './begun-anew.ts'

/** A trainer's thread: its owner reads the log for it and takes its offers. */

const REPORT_MS = 10_000

const { checkpoints, snapshots, partitions, options } = workerData as TrainerThreadData
const port = parentPort!

interface Waiting {
  resolve(answer: ToTrainer): void
  reject(error: Error): void
}

const waiting = new Map<number, Waiting>()
let asked = 0
let isStopping = false
let wake = (): void => undefined

const tell = (message: FromTrainer): void => port.postMessage(message)

const ask = async (make: (id: number) => FromTrainer): Promise<ToTrainer> =>
  new Promise((resolve, reject) => {
    const id = asked++
    waiting.set(id, { resolve, reject })
    tell(make(id))
  })

port.on('message', (message: ToTrainer) => {
  if (message.kind === 'stop') isStopping = true
  if (message.kind === 'stop' || message.kind === 'appended') return wake()
  const asker = waiting.get(message.id)
  waiting.delete(message.id)
  if (message.kind === 'failed') asker?.reject(new Error(message.message))
  else asker?.resolve(message)
})

const framesOf = (answer: ToTrainer): readonly StoredFrame[] =>
  answer.kind === 'frames'
    ? answer.frames.map(({ baseOffset, bytes }) => ({
        baseOffset,
        frame: frameOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
      }))
    : []

const sourceOf = (topic: TrainingTopic): TopicSource => ({
  partitions: partitions[topic],
  read: async (partition, offset) =>
    framesOf(await ask((id) => ({ kind: 'read', id, topic, partition, offset }))),
})

const registry = await ModelRegistry.open(snapshots, {
  now: () => systemClock.now(),
  writer: `${process.pid}-trainer`,
})
const trainer = await Trainer.open(
  {
    examples: sourceOf('examples'),
    samples: sourceOf('ranking-samples'),
    checkpoints,
    snapshots,
    clock: systemClock,
    live: liveOf(registry),
    // Judged and checked on this thread: nobody's feed waits for it.
    offer: async (offer) => {
      const record = await registry.offer(offer.directory, progressOf(offer))
      const offered = { record, labelTimes: offer.labelTimes }
      await ask((id) => ({ kind: 'offer', id, offered }))
    },
  },
  options,
)
tellBegunAnew(trainer)
const reporting = new Reporting(trainer)
const tellReport = (): void => tell({ kind: 'report', report: reporting.now() })
const reports = setInterval(tellReport, REPORT_MS)
try {
  await trainer.run({
    stopping: () => isStopping,
    idle: async (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ms)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
  })
} finally {
  clearInterval(reports)
  tellReport()
  await trainer.dispose()
  port.close()
}
