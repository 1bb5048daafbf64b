import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { SamplingFrequency } from '../../../models/retrieval/sampling-frequency.ts'
import { towerExampleOf } from '../../../models/retrieval/tower-examples.ts'
import { readItem, readViewer, TOWER_INPUTS } from '../../../models/retrieval/tower-inputs.ts'
import { beginTowers, type TowerExample, TowerLearner } from '../../../models/retrieval/tower-learner.ts'
import { decodeTowerState, encodeTowerState } from '../../../models/retrieval/tower-state.ts'
import type { HeadReport, MatchReport } from '../../../models/metrics/progressive.ts'
import { TEMPERATURE } from '../../../models/retrieval/tower-training.ts'
import { priorTowers, towerVector } from '../../../models/retrieval/towers.ts'
import { ITEM_DIMENSIONS } from '../../../models/retrieval/vector-index.ts'
import { pairOf, pairStream } from './pairs.ts'

/** Who likes one thing reacts to another: what no prior can know. */
const examples = (count: number, seed: number): TowerExample[] =>
  pairStream(count, seed).map((example) => ({ ...towerExampleOf(example)!, weight: 1 }))

const postOf = ({ postId, item }: TowerExample): Pick<TowerExample, 'postId' | 'item'> => ({ postId, item })

const vectorOf = (side: 'viewer' | 'item', row: Float32Array, towers = priorTowers()): Float32Array => {
  const into = new Float32Array(ITEM_DIMENSIONS)
  towerVector(towers, side, row, into)
  return into
}

const product = (one: Float32Array, other: Float32Array): number =>
  one.reduce((sum, value, index) => sum + value * other[index]!, 0)

/** How often the right one of all subjects is the nearest. */
const hits = (towers: Float32Array): number => {
  const rows = examples(40, 99).map(({ viewer, item }) => {
    const [user, post] = [new Float32Array(TOWER_INPUTS), new Float32Array(TOWER_INPUTS)]
    readViewer(viewer, user, 0)
    readItem(item, 0, post, 0)
    return { user: vectorOf('viewer', user, towers), post: vectorOf('item', post, towers) }
  })
  return rows.filter(({ user, post }) =>
    rows.every((other) => product(user, other.post) <= product(user, post) + 1e-6),
  ).length
}

test('towers learn who reacts to what, and losses fall', async () => {
  const learner = await TowerLearner.create(beginTowers(), { batchRows: 64, rate: 3e-3 })
  const losses = await learner.learn(examples(64 * 60, 1))
  expect(losses).toHaveLength(60)
  expect(losses.at(-1)!).toBeLessThan(losses[0]! - 1)
  expect(hits(priorTowers())).toBeLessThan(15)
  expect(hits(learner.state.parameters)).toBeGreaterThan(35)
  await learner.dispose()
})

test('what is foreseen is judged before it is learned, by the loss that is learned by, beside what is live', async () => {
  const learner = await TowerLearner.create(beginTowers(), { batchRows: 64, rate: 3e-3 })
  learner.compareWith(priorTowers())
  const again = examples(64 * 40, 1)
  // Posts that come twice in a batch are no negatives of each other.
  again[5] = { ...again[6]!, weight: 4 }
  const losses = await learner.learn(again)
  const report = (side: 'learner' | 'live'): MatchReport =>
    learner.report(side)['match'] as HeadReport & MatchReport
  expect(report('learner').count).toBe(64 * 40)
  expect(report('learner').loss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / 40, 4)
  expect(report('live').loss).toBeGreaterThan(report('learner').loss! + 0.5)
  expect(report('live').auc).toBeLessThan(0.7)
  expect(report('learner').auc).toBeGreaterThan(report('live').auc! + 0.1)
  await learner.dispose()
})

test('other towers that go live are judged by what they foresaw themselves, and nothing by those of before', async () => {
  const BATCH = 64
  // It does not get better, and foresees as its prior does.
  const learner = await TowerLearner.create(beginTowers(), { batchRows: BATCH, rate: 1e-9 })
  const report = (side: 'learner' | 'live', isCompared?: boolean): MatchReport =>
    learner.report(side, isCompared)['match'] as HeadReport & MatchReport
  const turned = priorTowers().map((value, at, all) => (at < all.length / 2 ? -value : value))
  learner.compareWith(turned)
  await learner.learn(examples(BATCH * 8, 5))
  const before = report('live')
  expect(before.count).toBe(BATCH * 8)
  learner.compareWith(turned)
  expect(report('live')).toEqual(before)
  const live = priorTowers()
  learner.compareWith(live)
  expect([report('live').count, report('live').loss, report('learner', true).count]).toEqual([0, null, 0])
  await learner.learn(examples(BATCH * 2, 6))
  const since = report('live')
  expect([since.count, report('learner', true).count, report('learner').count]).toEqual([
    BATCH * 2,
    BATCH * 2,
    BATCH * 10,
  ])
  expect(since.loss).toBeCloseTo(report('learner', true).loss!, 3)
  expect(before.loss).not.toBeCloseTo(since.loss!, 1)
  learner.compareWith(null)
  expect(report('live').count).toBe(0)
  await learner.dispose()
})

test('a post that comes several times in a batch is one that might have been shown, whoever it stands beside', async () => {
  const learner = await TowerLearner.create(beginTowers(), { batchRows: 24, rate: 1e-3 })
  const random = new Random(3)
  const popular = examples(24, 7)
  const rows = popular.map((each) => (random.chance(0.5) ? { ...each, ...postOf(popular[0]!) } : each))
  const [loss] = await learner.learn(rows)
  // All are met for the first time, so that how often they come takes the same from each.
  const vectors = rows.map(({ viewer, item }) => {
    const [user, post] = [new Float32Array(TOWER_INPUTS), new Float32Array(TOWER_INPUTS)]
    readViewer(viewer, user, 0)
    readItem(item, 0, post, 0)
    return { user: vectorOf('viewer', user), post: vectorOf('item', post) }
  })
  const distinct = [...new Map(rows.map(({ postId }, row) => [postId, vectors[row]!.post])).values()]
  expect(distinct.length).toBeLessThan(20)
  const losses = vectors.map(({ user, post }) => {
    const sum = distinct.reduce((total, each) => total + Math.exp(product(user, each) / TEMPERATURE), 0)
    return Math.log(sum) - product(user, post) / TEMPERATURE
  })
  expect(loss).toBeCloseTo(losses.reduce((sum, each) => sum + each, 0) / losses.length, 4)
  expect(learner.report('learner')['match']).toMatchObject({ loss: expect.closeTo(loss!, 4) as number })
  await learner.dispose()
})

test('a post that comes in every batch is ranked by who reacts to it, not by how often it stands for what was not', async () => {
  const BATCH = 64
  const learner = await TowerLearner.create(beginTowers(), { batchRows: BATCH, rate: 3e-3 })
  const [fans, strangers, some] = [0, 1, 2]
  const [popular, strange, other] = [5, 6, 7]
  const random = new Random(4)
  /** Of eight viewers, one is of those who like the popular post now and then, and a post of their own else. */
  const pairAt = (index: number) => {
    const one = (taste: number, postId: string, content: number) =>
      pairOf(`r${index}`, taste, postId, content)
    if (index % 8 === 0)
      return random.chance(0.03) ? one(some, 'popular', popular) : one(some, `o${index}`, other)
    return index % 2 === 0 ? one(fans, 'popular', popular) : one(strangers, `s${index}`, strange)
  }
  await learner.learn(
    Array.from({ length: 150 * BATCH }, (_, index) => ({ ...towerExampleOf(pairAt(index))!, weight: 1 })),
  )
  /** How far a viewer's vector points to the popular post, beyond to one of their own. */
  const preferenceOf = (taste: number, content: number): number => {
    const [liked, own] = [popular, content].map((about) => {
      const { viewer, item } = towerExampleOf(pairOf('asked', taste, 'asked', about))!
      const [user, post] = [new Float32Array(TOWER_INPUTS), new Float32Array(TOWER_INPUTS)]
      readViewer(viewer, user, 0)
      readItem(item, 0, post, 0)
      const towers = learner.state.parameters
      return product(vectorOf('viewer', user, towers), vectorOf('item', post, towers))
    })
    return liked! - own!
  }
  // One in thirty of their likes is more than any post of their own has; of who never likes it, it is not.
  expect(preferenceOf(some, other)).toBeGreaterThan(0.2)
  expect(preferenceOf(strangers, strange)).toBeLessThan(-0.2)
  await learner.dispose()
})

test('learning goes on from a state as if nothing had been between', async () => {
  const options = { batchRows: 32, rate: 1e-3 }
  const whole = await TowerLearner.create(beginTowers(), options)
  await whole.learn(examples(320, 2))
  const first = await TowerLearner.create(beginTowers(), options)
  await first.learn(examples(320, 2).slice(0, 160))
  const second = await TowerLearner.create(decodeTowerState(encodeTowerState(first.state)), options)
  await second.learn(examples(320, 2).slice(160))
  expect(second.state.parameters).toEqual(whole.state.parameters)
  expect(second.state.steps).toBe(10)
  for (const learner of [whole, first, second]) await learner.dispose()
  const bytes = encodeTowerState(first.state)
  expect(() => decodeTowerState(bytes.subarray(1))).toThrow('CHECKPOINT_OTHER')
})

test('how often posts come is part of the state, and a state that does not say how well it is known is refused', () => {
  const state = beginTowers()
  for (let step = 1; step < 60; step += 3) state.frequency.meet('often', step)
  const bytes = encodeTowerState(state)
  const { frequency } = decodeTowerState(bytes)
  for (const step of [61, 62, 70])
    expect(frequency.meet('often', step)).toBe(state.frequency.meet('often', step))
  const before = bytes.subarray(0, bytes.length - frequency.meetings.byteLength)
  expect(() => decodeTowerState(before)).toThrow('CHECKPOINT_OTHER')
})

test('what comes in every batch is foreseen so, what comes seldom, seldom', () => {
  const frequency = new SamplingFrequency()
  const last = { often: 0, seldom: 0 }
  for (let step = 1; step <= 400; step++) {
    last.often = frequency.meet('often', step)
    if (step % 20 === 0) last.seldom = frequency.meet('seldom', step)
  }
  expect(Math.exp(last.often)).toBeGreaterThan(0.5)
  expect(Math.exp(last.seldom)).toBeLessThan(0.1)
})

test('what was met a few times is foreseen by the mean of what was between, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 20 }), (gaps) => {
      const frequency = new SamplingFrequency()
      let step = 1
      let last = frequency.meet('a post', step)
      for (const gap of gaps) last = frequency.meet('a post', (step += gap))
      const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
      expect(last).toBeCloseTo(-Math.log(mean), 4)
      // Again in the same batch: nothing is new.
      expect(frequency.meet('a post', step)).toBe(last)
    }),
  )
})
