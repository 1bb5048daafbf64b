import { join } from 'node:path'
import { expect, test } from 'vitest'
import { HEADS } from '../../../models/heads.ts'
import { writePriors } from '../../../models/prior/snapshots.ts'
import { ModelRegistry } from '../../../models/registry/registry.ts'
import { openSession } from '../../../models/scoring/open-session.ts'
import { DEFAULT_LEARNER, Learner } from '../../../models/training/learner.ts'
import type { Example } from '../../../schemas/examples/index.ts'
import { millis } from '../../../schemas/ids.ts'
import { temporaryDirectory } from '../../cli/temporary.ts'
import { sampleStream, START } from '../training/sample.ts'
import { flipped, servedBy } from './poisoned.ts'

/** Ten minutes of the stream, after which a snapshot is offered. */
const STEP = 600
/** Examples that an offer is judged by. */
const EVIDENCE = 2_048
/** The hour in which every click is told as none, and none as a click; in steps. */
const POISON = { from: 20, until: 26 }
const STEPS = 44

test(
  'an hour of flipped labels changes nothing of what serves, and learning recovers',
  { timeout: 120_000 },
  async () => {
    const root = await temporaryDirectory()
    let now = START
    const registry = await ModelRegistry.open(root, { now: () => millis(now), writer: 'test' })
    const { heavy } = await writePriors(root)
    await registry.begin(heavy)
    const { learner } = await Learner.open(join(root, 'learning'), {
      ...DEFAULT_LEARNER,
      batchRows: 64,
      rates: { network: 3e-3, embeddings: 0.1 },
      tableRows: [256, 256, 16, 16],
    })
    let session = await openSession(heavy.directory, 'heavy')
    const states: string[] = []
    const served: number[] = []
    const stream = sampleStream(STEP * STEPS, 5)
    for (let step = 0; step < STEPS; step++) {
      const clean = await servedBy(session, stream.slice(step * STEP, (step + 1) * STEP))
      served.push(aucOf(clean))
      const isPoisoned = step >= POISON.from && step < POISON.until
      await learner.learn(isPoisoned ? clean.map(flipped) : clean)
      now = START + (step + 1) * STEP * 1_000
      const { directory } = await learner.snapshot(root)
      const { learner: candidate, served: live, chance } = learner.metrics.compare(EVIDENCE)
      const record = await registry.offer(directory, {
        examples: (step + 1) * STEP,
        trainedUntil: millis(learner.trainedUntil),
        comparison: { examples: Math.min(EVIDENCE, (step + 1) * STEP), candidate, live, chance },
      })
      states.push(record.state)
      if (record.state !== 'live') continue
      await session.dispose()
      session = await openSession(directory, 'heavy')
    }
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length
    const during = states.slice(POISON.from, POISON.until)
    // One offer may pass before a tenth of what it is judged by is poisoned.
    const told = states.map((state, step) => `${step} ${state} ${served[step]!.toFixed(3)}`).join(', ')
    expect(during.filter((state) => state === 'refused').length, told).toBeGreaterThanOrEqual(
      during.length - 1,
    )
    expect((await registry.state()).heavy.refusals).toBe(states.filter((state) => state === 'refused').length)
    // What serves goes on foreseeing what people truly do, while labels are flipped and after.
    const before = mean(served.slice(POISON.from - 6, POISON.from))
    expect(mean(served.slice(POISON.from, POISON.until + 6))).toBeGreaterThan(before - 0.05)
    expect(mean(served.slice(-6))).toBeGreaterThan(before - 0.03)
    expect(states.slice(-6)).toContain('live')
    await session.dispose()
    await learner.dispose()
  },
)

const CLICK = HEADS.findIndex(({ name }) => name === 'click')

/** The share of pairs of a click and none that are foreseen in order. */
const aucOf = (examples: readonly Example[]): number => {
  const isClicked = ({ labels }: Example): boolean => labels.some(({ label }) => label === 'click')
  const scoreOf = ({ heads }: Example): number => heads[CLICK]!
  const clicked = examples.filter(isClicked).map(scoreOf)
  const others = examples.filter((example) => !isClicked(example)).map(scoreOf)
  const wins = clicked.reduce(
    (sum, one) =>
      sum + others.reduce((count, other) => count + (one > other ? 1 : one === other ? 0.5 : 0), 0),
    0,
  )
  return wins / (clicked.length * others.length)
}
