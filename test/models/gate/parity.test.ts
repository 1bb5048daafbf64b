import { describe, expect, test } from 'vitest'
import { parityFindings } from '../../../models/gate/parity.ts'
import { beginLight, LightLearner } from '../../../models/distillation/light-learner.ts'
import { readSample } from '../../../models/distillation/logged-sample.ts'
import { priorParameters } from '../../../models/prior/prior.ts'
import { ModelRegistry } from '../../../models/registry/registry.ts'
import { writeSnapshot } from '../../../models/snapshot/write.ts'
import { DEFAULT_LEARNER, Learner } from '../../../models/training/learner.ts'
import { temporaryDirectory } from '../../cli/temporary.ts'
import { loggedSamples } from '../distillation/samples.ts'
import { openRegistry, progress } from '../registry/sample.ts'
import { sampleStream } from '../training/sample.ts'

const OPTIONS = { ...DEFAULT_LEARNER, batchRows: 64, tableRows: [256, 256, 16, 16] }

const begun = async (): Promise<{ root: string; registry: ModelRegistry }> => {
  const root = await temporaryDirectory()
  return { root, registry: await openRegistry(root) }
}

describe('an offer of the heavy ranker', () => {
  test('answers as what learned it does, vectors and all, before anything was learned and after', async () => {
    const { root, registry } = await begun()
    const { learner } = await Learner.open(await temporaryDirectory(), OPTIONS)
    for (const count of [0, 640, 100]) {
      await learner.learn(sampleStream(count, count))
      await learner.flush()
      const { directory } = await learner.snapshot(root)
      const parity = await learner.parity()
      expect(await registry.offer(directory, { ...progress(), parity })).toMatchObject({ findings: [] })
    }
    expect((await registry.live('heavy'))!.origin).toBe('trained')
    await learner.dispose()
  })

  test('is refused where it answers otherwise, with the head and both answers', async () => {
    const { root, registry } = await begun()
    const { learner } = await Learner.open(await temporaryDirectory(), OPTIONS)
    await learner.learn(sampleStream(640, 1))
    // As if other weights had been written than were learned.
    const { directory } = await writeSnapshot(root, 'heavy', 'trained', priorParameters('heavy'))
    const record = await registry.offer(directory, { ...progress(), parity: await learner.parity() })
    expect(record.state).toBe('refused')
    expect(record.findings[0]).toMatchObject({ against: 'candidate', head: 'click', figure: 'parity' })
    expect(record.reason).toMatch(/^click: parity is 0\.\d+ \(its trainer 0\.\d+, limit 0\.\d+\)/)
    await learner.dispose()
  })

  test('is refused where it came with the vectors of another', async () => {
    const { root, registry } = await begun()
    const learners = []
    for (const seed of [1, 2]) {
      const { learner } = await Learner.open(await temporaryDirectory(), OPTIONS)
      await learner.learn(sampleStream(6_400, seed))
      learners.push(learner)
    }
    const [learner, other] = learners as [Learner, Learner]
    const parity = await learner.parity()
    const { directory } = await other.snapshot(root)
    const { findings } = await registry.offer(directory, { ...progress(), parity })
    expect(findings.map(({ figure }) => figure)).toContain('parity')
    for (const each of learners) await each.dispose()
  })
})

test('an offer of the light ranker is held to what learned it as well', async () => {
  const { root, registry } = await begun()
  const learner = await LightLearner.create(beginLight(), { batchSamples: 8, rate: 1e-2 })
  await learner.learn(loggedSamples(16, 1).map((sample) => readSample(sample)!))
  const parity = await learner.parity()
  const offered = async (directory: string): Promise<string> =>
    (await registry.offer(directory, { ...progress(), parity })).reason
  expect(await offered((await learner.snapshot(root)).directory)).not.toContain('parity')
  const prior = await writeSnapshot(root, 'light', 'trained', priorParameters('light'))
  expect(await offered(prior.directory)).toMatch(/^keep: parity/)
  await learner.dispose()
})

test('answers are compared in the units of their head, and what is as good as none is not', () => {
  const heads = [
    { name: 'click', output: 'probability' },
    { name: 'dwell', output: 'seconds' },
    { name: 'keep', output: 'score' },
  ] as const
  const sample = {
    rows: new Float32Array(0),
    count: 1,
    logits: Float32Array.of(-20, Math.log(4_000), 40),
    scoreMax: 40,
  }
  const found = (...answers: number[]): string[] =>
    parityFindings(heads, sample, Float32Array.from(answers)).map(({ head }) => head)
  expect(found(0, 4, 55)).toEqual([])
  expect(found(1e-5, 4.1, 39)).toEqual(['click', 'dwell', 'keep'])
})
