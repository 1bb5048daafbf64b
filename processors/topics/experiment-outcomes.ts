import { type Millis, millis, type UserId } from '../../schemas/ids.ts'
import { readMeasures, writeMeasures } from '../experiments/bytes.ts'
import type { Measures } from '../experiments/measures.ts'
import { userEcho } from './user-echo.ts'
import { versionedCodec } from './versioned.ts'

/** What came of a feed that was served, or a part of it that came later. */
export interface ExperimentOutcome {
  readonly userId: UserId
  /** `EXPERIMENT/ARM`, that of everybody outside of all experiments. */
  readonly experiment: string
  /** When the feed was served. */
  readonly at: Millis
  readonly measures: Measures
}

const NAME = 'experiment-outcomes'

export const experimentOutcomes = userEcho<ExperimentOutcome>({
  name: NAME,
  about: 'What came of feeds that were served.',
  codec: versionedCodec(NAME, 1, {
    encode: ({ userId, experiment, at, measures }, writer) => {
      writer.string(userId)
      writer.string(experiment)
      writer.f64(at)
      writeMeasures(measures, writer)
    },
    decode: (reader) => ({
      userId: reader.string() as UserId,
      experiment: reader.string(),
      at: millis(reader.f64()),
      measures: readMeasures(reader),
    }),
  }),
})
