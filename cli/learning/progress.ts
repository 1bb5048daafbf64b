import type { Comparison } from '../../models/gate/evidence.ts'
import type { Progress } from '../../models/registry/registry.ts'
import type { Foreseen, SnapshotOffer } from '../../models/training/trainer.ts'
import { millis } from '../../schemas/ids.ts'

/** What a trainer tells of its offer, as the registry judges by it. */
export const progressOf = ({ examples, trainedUntil, foreseen }: SnapshotOffer): Progress => ({
  examples,
  trainedUntil: trainedUntil === 0 ? null : millis(trainedUntil),
  comparison: comparisonOf(foreseen()),
})

/** The learner's foresight, and that of what served the same examples. Times are told of few, so they do not count. */
const comparisonOf = ({ learner, served }: Foreseen): Comparison => ({
  examples: Math.round(
    Math.max(0, ...Object.values(served).map(({ kind, count }) => (kind === 'time' ? 0 : count))),
  ),
  candidate: learner,
  live: served,
})
