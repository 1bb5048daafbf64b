import type { Example } from '../../schemas/examples/index.ts'
import type { LoggedRankingSample } from '../../schemas/ranking-samples/index.ts'
import type { LightLearner } from '../distillation/light-learner.ts'
import { readSample } from '../distillation/logged-sample.ts'
import { SAMPLE_ROWS } from '../distillation/ranking-sample.ts'
import type { Comparison } from '../gate/evidence.ts'
import type { HeadReports } from '../metrics/progressive.ts'
import { towerExampleOf } from '../retrieval/tower-examples.ts'
import type { TowerLearner } from '../retrieval/tower-learner.ts'
import type { Learner } from './learner.ts'
import type { Course } from './student.ts'

/** Examples that the evidence of the heavy ranker looks back on. */
const EVIDENCE_EXAMPLES = 16_384

/** The heavy ranker learns every example; what was live foresaw it when it served, and that was logged. */
export const heavyCourse = (learner: Learner): Course<Example> => ({
  model: 'heavy',
  get steps() {
    return learner.steps
  },
  get isSettled() {
    return learner.waiting === 0
  },
  take: (example) => learner.take(example) ?? 'taken',
  snapshot: (root) => learner.snapshot(root),
  comparison: () => {
    const { learner: candidate, served: live, chance } = learner.metrics.compare(EVIDENCE_EXAMPLES)
    // Times are told of few, so they do not count.
    const counts = Object.values(live).map(({ kind, count }) => (kind === 'time' ? 0 : count))
    return { examples: Math.round(Math.max(0, ...counts)), candidate, live, chance }
  },
  parity: () => learner.parity(),
  dispose: () => learner.dispose(),
})

/** The light ranker learns from samples of rankings. Each candidate of a sample is an example. */
export const lightCourse = (learner: LightLearner): Course<LoggedRankingSample> => ({
  model: 'light',
  get steps() {
    return learner.state.learned.steps
  },
  get isSettled() {
    return learner.waiting === 0
  },
  take: (logged) => {
    const sample = readSample(logged)
    return sample === null ? 'passed-over' : (learner.take(sample) ?? 'taken')
  },
  snapshot: (root) => learner.snapshot(root),
  comparison: () => comparisonOf(learner, SAMPLE_ROWS),
  parity: () => learner.parity(),
  dispose: () => learner.dispose(),
})

/** The towers learn from pairs: examples of a reaction that speaks for a public post. */
export const towerCourse = (learner: TowerLearner): Course<Example> => ({
  model: 'retrieval',
  get steps() {
    return learner.state.steps
  },
  get isSettled() {
    return learner.waiting === 0
  },
  take: (example) => {
    const pair = towerExampleOf(example)
    return pair === null ? 'passed-over' : (learner.take(pair) ?? 'taken')
  },
  snapshot: (root) => learner.snapshot(root),
  comparison: () => comparisonOf(learner, 1),
  parity: async () => null,
  dispose: () => learner.dispose(),
})

interface Reporting {
  report(side: 'learner' | 'live', isCompared?: boolean): HeadReports
}

const comparisonOf = (learner: Reporting, examplesEach: number): Comparison => {
  const live = learner.report('live')
  const [report] = Object.values(live)
  return { examples: report!.count * examplesEach, candidate: learner.report('learner', true), live }
}
