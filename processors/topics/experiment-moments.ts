import { ByteReader } from '../../engine/bytes.ts'
import type { Topic } from '../../engine/topic.ts'
import { type Millis, millis } from '../../schemas/ids.ts'
import { readMoments, writeMoments } from '../experiments/bytes.ts'
import { type Moments, NO_MOMENTS, summed } from '../experiments/measures.ts'
import { LONGEST_WINDOW_MS } from '../label-join/windows.ts'
import { GRACE_MS } from '../topics.ts'
import { readLayoutVersion, versionedCodec, writeLayoutVersion } from './versioned.ts'

/** What users added to the sums of an arm, over a window: a UTC day such as `2026-11-26`, or `all`. */
export interface ExperimentMoments {
  /** `EXPERIMENT/ARM`, or `EXPERIMENT/ARM/passive` for its passive users alone. */
  readonly experiment: string
  readonly window: string
  readonly at: Millis
  readonly moments: Moments
}

const reader = new ByteReader()
const other = new ByteReader()

const NAME = 'experiment-moments'
/** Of the first, squares and products are below 2^52; it is read as the second is. */
const LAYOUT_OLDEST = 1
const LAYOUT = 2

export const experimentMoments: Topic<ExperimentMoments> = {
  name: NAME,
  about: 'What users add to the sums of an arm, added up by arm and window in each commit.',
  keySpace: 'experiment',
  // No echo: nothing else tells these tasks the time. Dated as their feeds, of which labels tell for so long.
  graceMs: LONGEST_WINDOW_MS + GRACE_MS,
  visibility: 'internal',
  key: ({ experiment, window }, key) => {
    key.id(experiment)
    key.id(window)
  },
  time: ({ at }) => at,
  codec: versionedCodec(
    NAME,
    LAYOUT,
    {
      encode: ({ experiment, window, at, moments }, writer) => {
        writer.f64(at)
        writeMoments(moments, writer)
        writer.string(experiment)
        writer.string(window)
      },
      decode: (sums) => {
        const at = millis(sums.f64())
        const moments = readMoments(sums)
        return { at, moments, experiment: sums.string(), window: sums.string() }
      },
    },
    LAYOUT_OLDEST,
  ),
  fold: {
    merge: (into, intoStart, intoEnd, from, start, end, writer) => {
      reader.over(from, start, end)
      other.over(into, intoStart, intoEnd)
      const isFirst = other.left === 0
      readLayoutVersion(NAME, LAYOUT, reader)
      if (!isFirst) readLayoutVersion(NAME, LAYOUT, other)
      writeLayoutVersion(LAYOUT, writer)
      writer.f64(Math.max(reader.f64(), isFirst ? 0 : other.f64()))
      writeMoments(summed(readMoments(reader), isFirst ? NO_MOMENTS : readMoments(other)), writer)
      writer.bytes(from, reader.position, end)
    },
  },
}
