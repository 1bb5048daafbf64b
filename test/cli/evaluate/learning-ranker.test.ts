import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { evaluate, type EvaluateReport } from '../../../cli/evaluate/evaluate.ts'
import { LearningRanker } from '../../../cli/evaluate/learning-ranker.ts'
import { HeavyRanker } from '../../../cli/evaluate/ranker.ts'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { MINUTE_MS } from '../../../schemas/ids.ts'
import { ndjson, post, type PublishedEvent, reaction } from '../community.ts'
import { temporaryDirectory } from '../temporary.ts'

const START = 1_700_000_000_000
const POSTS = 260
const READERS = 12
const at = (minute: number): { readonly at: number } => ({ at: START + minute * MINUTE_MS })

/** Whoever reads here likes videos and nothing else, which no prior knows. */
const events = (): readonly PublishedEvent[] => [
  ...Array.from({ length: POSTS }, (_, index) =>
    post(`post-${index}`, `author-${index % 20}`, {
      ...at(index % 60),
      kind: index % 5 === 0 ? 'video' : 'text',
    }),
  ),
  ...Array.from({ length: 480 }, (_, index) => {
    const chosen = (Math.floor(index / READERS) * 5 + (index % READERS) * 35) % POSTS
    return reaction(
      `reader-${index % READERS}`,
      `post-${chosen}`,
      `author-${chosen % 20}`,
      'like',
      at(130 + index),
    )
  }),
]

test('a ranker that learns while it is evaluated gets better than the prior, by the same events to the same figures', async () => {
  const file = join(await temporaryDirectory(), 'events.ndjson')
  await writeFile(file, ndjson(events()))
  const run = async (learns: boolean): Promise<EvaluateReport> =>
    evaluate({
      file,
      seed: 1,
      from: 0.7,
      to: 1,
      ...(learns && { learnFrom: 0.2 }),
      clock: systemClock,
      ranker: (runtime) => (learns ? LearningRanker.open(runtime, 32) : HeavyRanker.open(runtime)),
      onRefused: () => undefined,
      onProgress: () => undefined,
    })
  const [prior, learned, again] = [await run(false), await run(true), await run(true)]
  expect(again.methods).toEqual(learned.methods)
  // The others are the same ones, whoever ranks them.
  expect(learned.methods.recent).toEqual(prior.methods.recent)
  expect(learned.methods.freshet.n).toBeGreaterThan(50)
  // What a viewer did with posts of a kind is in the rows already: the prior is not far off.
  expect(learned.methods.freshet.auc).toBeGreaterThan(prior.methods.freshet.auc + 0.01)
})
