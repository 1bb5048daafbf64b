import type { ByteReader, ByteWriter } from '../engine/bytes.ts'
import type { Processor, StateLayout } from '../engine/processor.ts'
import { on } from '../engine/processor.ts'
import type { EventId, Millis } from '../schemas/ids.ts'
import { VERDICTS, type Verdict } from '../schemas/integrity/index.ts'
import { supersedes } from './register.ts'
import { stateOf } from './rows.ts'
import { Symbols } from './symbols.ts'
import { integrity as judgements } from './topics.ts'

/** The newest judgement on a post. */
export interface IntegrityVerdict {
  readonly verdict: Verdict
  /** Probability of each harm, 0 to 1, by label. */
  readonly scores: ReadonlyMap<string, number>
  readonly at: Millis
  readonly eventId: EventId
}

interface PostIntegrity {
  newest: IntegrityVerdict | null
}

const verdicts = new Symbols<Verdict>(VERDICTS)

const writeScores = (scores: ReadonlyMap<string, number>, writer: ByteWriter): void => {
  writer.varint(scores.size)
  for (const [label, score] of scores) {
    writer.string(label)
    writer.f64(score)
  }
}

const readScores = (reader: ByteReader): ReadonlyMap<string, number> => {
  const scores = new Map<string, number>()
  for (let left = reader.varint(); left > 0; left--) scores.set(reader.string(), reader.f64())
  return scores
}

const layout: StateLayout<PostIntegrity> = {
  version: 1,
  create: () => ({ newest: null }),
  read(reader) {
    const at = reader.f64() as Millis
    const eventId = reader.string() as EventId
    return { newest: { verdict: verdicts.read(reader), scores: readScores(reader), at, eventId } }
  },
  write({ newest }, writer) {
    if (newest === null) return false
    writer.f64(newest.at)
    writer.string(newest.eventId)
    verdicts.write(newest.verdict, writer)
    writeScores(newest.scores, writer)
    return true
  },
}

/** Last write wins by (at, eventId); one row a post judged, of at most 64 scores, kept for good. */
export const integrity: Processor<PostIntegrity> = {
  name: 'integrity',
  about: 'Keeps the newest judgement on each post.',
  state: layout,
  handlers: [
    on({
      input: judgements,
      key: (judgement, key) => key.id(judgement.postId),
      process({ verdict, scores, at, eventId }, state: PostIntegrity) {
        if (!supersedes({ at, eventId }, state.newest)) return false
        const byLabel = Object.entries(scores).sort(([one], [other]) => (one < other ? -1 : 1))
        state.newest = { verdict, scores: new Map(byLabel), at, eventId }
        return true
      },
    }),
  ],
  outputs: [],
}

/** The newest judgement in a row of `integrity`. */
export const readIntegrity = (row: Buffer): IntegrityVerdict | null => stateOf(layout, row).newest

/** Whether a row of `integrity` may be missing to nobody's harm: it says that the post is allowed, as no row does. */
export const isAllowed = (row: Buffer): boolean =>
  row[0] === layout.version && readIntegrity(row)?.verdict === 'allow'
