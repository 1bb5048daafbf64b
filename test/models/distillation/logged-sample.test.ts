import { expect, test } from 'vitest'
import { beginLight, LightLearner } from '../../../models/distillation/light-learner.ts'
import { readSample } from '../../../models/distillation/logged-sample.ts'
import { LIGHT_NETWORK } from '../../../models/rankers.ts'
import { lightCourse } from '../../../models/training/courses.ts'
import { packFeatures } from '../../../schemas/impressions/packed-features.ts'
import { type LoggedRankingSample, rankingSamples } from '../../../schemas/ranking-samples/index.ts'
import { loggedSamples, samples } from './samples.ts'

type Candidate = LoggedRankingSample['candidates'][number]

const logged = loggedSamples(1, 1)[0]!
const row = logged.candidates[3]!.features

/** A sample of which one candidate is another. */
const withCandidate = (fields: Partial<Candidate>): LoggedRankingSample => ({
  ...logged,
  candidates: logged.candidates.map((each, index) => (index === 3 ? { ...each, ...fields } : each)),
})

const rowWith = (value: number): Buffer =>
  packFeatures(new Float32Array(LIGHT_NETWORK.row.width).fill(1).fill(value, 5, 6))

test('a sample is read as it was logged', () => {
  expect(readSample(logged)).toEqual(samples(1, 1)[0])
})

test.each<[string, Partial<Candidate>]>([
  ['features that are cut short', { features: row.subarray(0, row.length - 2) }],
  ['features of one byte', { features: row.subarray(0, 1) }],
  ['features with bytes after them', { features: Buffer.concat([row, row]) }],
  ['a column that is no number', { features: rowWith(Number.NaN) }],
  ['a column without end', { features: rowWith(Number.NEGATIVE_INFINITY) }],
  ['a share of nothing', { share: 0 }],
])('one that would spoil what is learned is passed over, and learning goes on: %s', async (_, fields) => {
  const bad = withCandidate(fields)
  // It comes as any other does.
  rankingSamples.check(bad)
  expect(readSample(bad)).toBeNull()
  const learner = await LightLearner.create(beginLight(), { batchSamples: 1, rate: 1e-3 })
  const course = lightCourse(learner)
  expect(course.take(bad)).toBe('passed-over')
  await course.take(logged)
  expect(course.steps).toBe(1)
  await course.dispose()
})

test('so is one whose values or shares are not finite, which its contract lets nobody log', () => {
  expect(readSample(withCandidate({ expectedValue: Number.NaN }))).toBeNull()
  expect(readSample(withCandidate({ share: Number.POSITIVE_INFINITY }))).toBeNull()
})
