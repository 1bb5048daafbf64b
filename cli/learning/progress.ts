import type { Progress } from '../../models/registry/registry.ts'
import type { SnapshotOffer } from '../../models/training/trainer.ts'
import { millis } from '../../schemas/ids.ts'

/** What a trainer tells of its offer, as the registry judges by it. */
export const progressOf = ({ examples, trainedUntil, comparison, parity }: SnapshotOffer): Progress => ({
  examples,
  trainedUntil: trainedUntil === 0 ? null : millis(trainedUntil),
  comparison: comparison(),
  parity,
})
