import { ByteReader } from '../../engine/bytes.ts'
import { type Millis, millis, type UserId } from '../../schemas/ids.ts'
import { readMeasures, writeMeasures } from '../experiments/bytes.ts'
import type { Measures } from '../experiments/measures.ts'
import { userEcho } from './user-echo.ts'

/** What came of a feed that was served under an experiment, or a part of it that came later. */
export interface ExperimentOutcome {
  readonly userId: UserId
  /** `EXPERIMENT/ARM`. */
  readonly experiment: string
  /** When the feed was served. */
  readonly at: Millis
  readonly measures: Measures
}

const reader = new ByteReader()

export const experimentOutcomes = userEcho<ExperimentOutcome>({
  name: 'experiment-outcomes',
  about: 'What came of feeds that were served under an experiment.',
  codec: {
    encode: ({ userId, experiment, at, measures }, writer) => {
      writer.string(userId)
      writer.string(experiment)
      writer.f64(at)
      writeMeasures(measures, writer)
    },
    decode: (buffer, start, end) => {
      reader.over(buffer, start, end)
      return {
        userId: reader.string() as UserId,
        experiment: reader.string(),
        at: millis(reader.f64()),
        measures: readMeasures(reader),
      }
    },
  },
})
