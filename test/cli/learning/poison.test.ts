import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LEARNING_DIRECTORY } from '../../../cli/learning/open.ts'
import { liveOf } from '../../../cli/learning/live-of.ts'
import { progressOf } from '../../../cli/learning/progress.ts'
import { openSession } from '../../../models/scoring/open-session.ts'
import { DEFAULT_LEARNER } from '../../../models/training/learner.ts'
import type { TopicSource } from '../../../models/training/topic-source.ts'
import { DEFAULT_TRAINER, Trainer } from '../../../models/training/trainer.ts'
import { type Example, examples } from '../../../schemas/examples/index.ts'
import { millis } from '../../../schemas/ids.ts'
import { rankingSamples } from '../../../schemas/ranking-samples/index.ts'
import { flipped, servedBy } from '../../models/gate/poisoned.ts'
import { sampleStream } from '../../models/training/sample.ts'
import { topicOf } from '../../models/training/topic-in-memory.ts'
import { Running } from '../running.ts'

/** Examples after which a snapshot is offered. */
const STEP = 600
const FRAME = 200
/** Until the model is as good as it gets: what is usual of one that is still learning is less. */
const CLEAN_STEPS = 20
const POISONED_STEPS = 6

/** A topic that grows, a step at a time. */
class Growing implements TopicSource {
  readonly partitions = 1
  private readonly steps: TopicSource[] = []

  add(values: readonly Example[]): void {
    this.steps.push(topicOf(examples, values, FRAME))
  }

  async read(partition: number, offset: number): ReturnType<TopicSource['read']> {
    const step = Math.floor(offset / STEP)
    const frames = (await this.steps[step]?.read(partition, offset - step * STEP)) ?? []
    return frames.map(({ baseOffset, frame }) => ({ baseOffset: step * STEP + baseOffset, frame }))
  }
}

test(
  'what a trainer learned from flipped labels is refused, serving stays, and /metrics counts what an alert fires by',
  { timeout: 120_000 },
  async () => {
    const running = await Running.start()
    const { registry } = running.serving.models
    const topic = new Growing()
    const trainer = await Trainer.open(
      {
        examples: topic,
        samples: topicOf(rankingSamples, [], 1),
        checkpoints: join(running.data, LEARNING_DIRECTORY),
        snapshots: registry.root,
        clock: { now: () => millis(0), monotonicMs: () => 0 },
        live: liveOf(registry),
        offer: async (offer) => void (await registry.offer(offer.directory, progressOf(offer))),
      },
      {
        ...DEFAULT_TRAINER,
        learner: {
          ...DEFAULT_LEARNER,
          batchRows: 64,
          rates: { network: 3e-3, embeddings: 0.1 },
          tableRows: [256, 256, 16, 16],
          window: 2_048,
        },
        snapshotExamples: STEP,
        snapshotMs: Infinity,
      },
    )
    const stream = sampleStream(STEP * (CLEAN_STEPS + POISONED_STEPS), 5)
    const learnStep = async (step: number): Promise<string> => {
      const live = (await registry.live('heavy'))!
      const session = await openSession(registry.directoryOf(live), 'heavy')
      const served = await servedBy(session, stream.slice(step * STEP, (step + 1) * STEP))
      await session.dispose()
      topic.add(step < CLEAN_STEPS ? served : served.map(flipped))
      await trainer.catchUp()
      return (await registry.list('heavy')).at(-1)!.state
    }
    const refused = async (): Promise<number> => {
      const text = String((await running.get('/metrics')).body['text'])
      return Number(/^freshet_model_gate_refused_total\{model="heavy"\} (\d+)$/m.exec(text)?.[1])
    }
    const states: string[] = []
    for (let step = 0; step < CLEAN_STEPS; step++) states.push(await learnStep(step))
    expect(states).toContain('live')
    const before = await refused()
    for (let step = 0; step < POISONED_STEPS; step++) states.push(await learnStep(CLEAN_STEPS + step))
    const during = states.slice(CLEAN_STEPS)
    // One offer may pass before a tenth of what it is judged by is poisoned.
    expect(during.slice(1), states.join(', ')).toEqual(
      Array.from({ length: POISONED_STEPS - 1 }, () => 'refused'),
    )
    expect((await refused()) - before).toBe(during.filter((state) => state === 'refused').length)
    await running.serving.models.follow()
    const { version } = (await registry.live('heavy'))!
    expect(running.serving.scorers.manifests.heavy.version).toBe(version)
    expect((await registry.list('heavy')).at(-1)!.findings).toContainEqual(
      expect.objectContaining({ against: 'examples', head: 'click' }),
    )
    await trainer.dispose()
  },
)
