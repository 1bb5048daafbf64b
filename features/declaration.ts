import { EngineError } from '../engine/errors.ts'
import type { KeyWriter } from '../engine/key.ts'
import type { KeySpace, Topic } from '../engine/topic.ts'
import type { Aggregate } from './aggregates.ts'
import type { Unit } from './columns.ts'
import type { Duration } from './durations.ts'
import { MINUTE_MS } from '../schemas/ids.ts'
import { HALF_LIFE_MIN_MS, tileMsOf } from './tiles.ts'

/** What is counted: some kinds of events, each by its weight. */
export interface SeriesDeclaration<In, Tag extends string> {
  /** Tags (answers of the view's `by`) of the events that belong to it; all events where absent. */
  readonly of?: readonly Tag[]
  /**
   * What an event counts, 1 where absent. Rounded to a whole number, at most `WEIGHT_MAX` either way; a
   * weight of 0 leaves no trace. Must be the same for an event and for its undo.
   */
  weight?(event: In): number
  /** What the weights measure; `events` where absent. */
  readonly unit?: Unit
}

/** What a view must know of where its events come from, when another node finds them (see `DeltaEmitter`). */
export type EventSource<In> = Pick<Topic<In>, 'keySpace' | 'graceMs' | 'time'>

/** What erases rows that are about one person alone. */
export interface ErasedBy {
  /** Its records' keys are the rows' keys; each is dated to the erasure. */
  readonly topic: Topic<unknown>
  /** How long events dated before an erasure are refused, for they may come after it. */
  readonly rememberedMs: number
}

/** A feature view: said once, used by the stream, the training row, the serving row and the docs. */
export interface ViewDeclaration<In, Tag extends string, Series extends string> {
  /** Also the store's name: the deployment contract. Lower case, digits and dashes. */
  readonly name: string
  /** 1 to 255. Raise it when series or aggregates change: rows are laid out by them, and counting begins anew. */
  readonly version: number
  /** One sentence for pictures and docs. */
  readonly about: string
  /** A topic; or less, where a node sends the events on by hand. */
  readonly source: Topic<In> | EventSource<In>
  /**
   * Where events that take back come from, at the time of what they take back. With it, those of the source
   * itself (`sign` −1) are left out: they may not know that time.
   */
  readonly undone?: Topic<In>
  /** What rows are partitioned by. Where it is not the source's, events are folded by key and rekeyed. */
  readonly keySpace: KeySpace
  /** Writes the row's key, the id of `keySpace` first; answers false for an event that is none of its business. */
  key(event: In, key: KeyWriter): boolean
  /**
   * Time an event counts at, integer milliseconds; the source's event time where absent. What is taken back
   * was counted at its own time, so an undo must answer that time for the two to cancel.
   */
  at?(event: In): number
  /** −1 for an event that takes back what an equal one with +1 counts, before or after it; +1 where absent. */
  sign?(event: In): 1 | -1
  /** Sorts events into series: one look-up in a table an event, not one question a series. */
  by?(event: In): Tag
  /**
   * Of a view whose rows are each about one person and nothing else: an erasure empties their row, of what came after
   * it and was processed before, too, for of a sum nothing can be told apart. Rows must lie with the source's keys.
   */
  readonly erasedBy?: ErasedBy
  readonly series: Readonly<Record<Series, SeriesDeclaration<In, NoInfer<Tag>>>>
  readonly aggregates: readonly Aggregate<NoInfer<Series>>[]
  /**
   * A key reads as never seen once its newest event is this long ago; Redis drops its row then, and tasks once nothing
   * of it can count any more (see `RowEnds`).
   */
  readonly timeToLive: Duration
}

const VIEW_NAME = /^[a-z][a-z0-9-]{0,63}$/
const SERIES_NAME = /^[a-z][a-z0-9_]{0,63}$/

/** Throws `TOPOLOGY_INVALID` naming the view, the field and what to do. */
export const checkDeclaration = (declared: ViewDeclaration<never, string, string>): void => {
  const refuse = (what: string): never => {
    throw new EngineError('TOPOLOGY_INVALID', `view "${declared.name}": ${what}`)
  }
  if (!VIEW_NAME.test(declared.name)) refuse('its name may hold a-z, 0-9 and dashes')
  if (!(declared.version >= 1 && declared.version <= 255)) refuse('version must be 1 to 255')
  const { keySpace, source, erasedBy } = declared
  if (erasedBy !== undefined && (erasedBy.topic.keySpace !== keySpace || source.keySpace !== keySpace))
    refuse(`erasedBy needs rows that lie with the keys of ${erasedBy.topic.name} and of the source`)
  const names = Object.keys(declared.series)
  for (const name of names) {
    if (!SERIES_NAME.test(name)) refuse(`series "${name}" may hold a-z, 0-9 and underscores`)
  }
  if (declared.aggregates.length === 0) refuse('aggregates must hold at least one')
  for (const aggregate of declared.aggregates) {
    for (const name of seriesOf(aggregate)) {
      if (!names.includes(name)) refuse(`${aggregate.kind} names series "${name}", which is not declared`)
    }
    const fault = faultOf(aggregate)
    if (fault !== undefined) refuse(`${aggregate.kind} of ${seriesOf(aggregate).join(', ')} ${fault}`)
  }
}

const seriesOf = (aggregate: Aggregate<string>): readonly string[] =>
  aggregate.kind === 'rate' ? [aggregate.of, aggregate.per] : aggregate.series

const faultOf = (aggregate: Aggregate<string>): string | undefined => {
  if (aggregate.kind === 'windows') return faultOfWindows(aggregate.windows)
  if (aggregate.kind === 'total') {
    const isShort = aggregate.within !== undefined && aggregate.within.ms < MINUTE_MS
    return isShort ? `reaches back less than ${MINUTE_MS} ms` : undefined
  }
  if (aggregate.kind === 'decayed') return faultOfHalfLives(aggregate.halfLives)
  if (aggregate.kind === 'daysActive') {
    return aggregate.window.name.endsWith('d') ? undefined : 'needs a window in days, such as days(30)'
  }
  if (aggregate.kind !== 'rate') return undefined
  if (!(aggregate.priorTrials > 0)) return 'needs priorTrials above 0, or it would divide by zero'
  if (!(aggregate.priorSuccesses >= 0)) return 'needs priorSuccesses of at least 0'
  return aggregate.window === undefined
    ? faultOfHalfLives([aggregate.halfLife])
    : faultOfWindows([aggregate.window])
}

const faultOfWindows = (windows: readonly Duration[]): string | undefined => {
  const odd = windows.find(({ ms }) => ms % tileMsOf(ms) !== 0)
  return odd && `has a window of ${odd.name}, which is no whole number of ${tileMsOf(odd.ms)} ms tiles`
}

const faultOfHalfLives = (halfLives: readonly Duration[]): string | undefined => {
  const short = halfLives.find(({ ms }) => ms < HALF_LIFE_MIN_MS)
  return short && `has a half-life of ${short.name}, below ${HALF_LIFE_MIN_MS} ms`
}
