import { expect, onTestFinished, test } from 'vitest'
import { Reporting } from '../../../cli/learning/report.ts'
import { DEFAULT_LEARNER } from '../../../models/training/learner.ts'
import { DEFAULT_TRAINER, Trainer } from '../../../models/training/trainer.ts'
import { examples } from '../../../schemas/examples/index.ts'
import { millis } from '../../../schemas/ids.ts'
import { rankingSamples } from '../../../schemas/ranking-samples/index.ts'
import { sampleStream } from '../../models/training/sample.ts'
import { topicOf } from '../../models/training/topic-in-memory.ts'
import { temporaryDirectory } from '../temporary.ts'

const LEARNER = { ...DEFAULT_LEARNER, batchRows: 32, tableRows: [256, 256, 16, 16] }

test('what is said of the heavy ranker is made anew only where there is anything new to tell', async () => {
  const trainer = await Trainer.open(
    {
      examples: topicOf(examples, [], 1),
      samples: topicOf(rankingSamples, [], 1),
      checkpoints: await temporaryDirectory(),
      snapshots: await temporaryDirectory(),
      clock: { now: () => millis(0), monotonicMs: () => 0 },
      live: async () => null,
      offer: async () => undefined,
    },
    { ...DEFAULT_TRAINER, learner: LEARNER },
  )
  onTestFinished(() => trainer.dispose())
  const reporting = new Reporting(trainer)
  const [learned, more] = [sampleStream(32, 1), sampleStream(32, 2)]
  await trainer.learner.learn(learned)
  const first = reporting.now()
  expect(first.heads['click']).toMatchObject({ count: 32 })
  const second = reporting.now()
  expect(second.heads).toBe(first.heads)
  expect(second.segments).toBe(first.segments)
  await trainer.learner.learn(more)
  expect(reporting.now().heads['click']).toMatchObject({ count: 64 })
})
