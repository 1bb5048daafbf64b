import { SEGMENTS, segmentBit } from '../../models/training/segments.ts'
import type { Trainer } from '../../models/training/trainer.ts'
import type { BothReports, LearningReport } from './messages.ts'

/** What a trainer would say of itself now. Costs some sorts of tens of thousands of numbers. */
export const reportOf = ({ progress, learner: { metrics }, light, towers }: Trainer): LearningReport => ({
  progress,
  heads: metrics.report('learner'),
  served: metrics.report('served'),
  segments: Object.fromEntries(
    SEGMENTS.map((segment) => [segment, metrics.report('learner', segmentBit(segment))]),
  ) as LearningReport['segments'],
  light: bothOf(light),
  retrieval: bothOf(towers),
})

const bothOf = (learner: Trainer['light'] | Trainer['towers']): BothReports => ({
  learner: learner.report('learner'),
  live: learner.report('live'),
})
