import type { Envelope } from '../../../schemas/envelope.ts'
import type { Example } from '../../../schemas/examples/index.ts'
import { HOUR_MS } from '../../../schemas/ids.ts'
import type { Impression } from '../../../schemas/impressions/index.ts'
import type { Reaction, ReactionKind } from '../../../schemas/reactions/index.ts'
import type { Survey } from '../../../schemas/surveys/index.ts'

/**
 * Kinds that still count long after a feed has settled: written down here once more, for a mistake in the label join is
 * to show.
 */
const LASTING: ReadonlySet<ReactionKind> = new Set([
  'comment',
  'share',
  'save',
  'follow_author',
  'connect_request',
  'hide',
  'see_less',
  'report',
  'block_author',
])
/** Half of what they are given: however late such a reaction is read, its feed is still known. */
const LASTING_MS = 12 * HOUR_MS

const named = (...parts: readonly (string | number)[]): string => parts.join('\0')
const settledName = (requestId: string, postId: string): string => named('settled', requestId, postId)
const labelName = (requestId: string, postId: string, kind: string, at: number): string =>
  named('label', requestId, postId, kind, at)

/** What an example is of: a post of a feed that has settled, a label of one, or a survey. */
export const nameOf = ({ exampleId, requestId, postId, phase, labels }: Example): string => {
  if (phase === 'settled') return settledName(requestId, postId)
  const [label] = labels
  return label === undefined
    ? named('survey', requestId, postId, exampleId)
    : labelName(requestId, postId, label.label, label.at)
}

export interface CountedExamples {
  /** Examples of settled feeds on their topic, each counted once: one of each post of each feed, whatever came of it. */
  readonly settledExamples: number
  /** Posts of feeds on the input topics without one. */
  readonly settledLost: number
  readonly settledDuplicated: number
  /** Examples of single labels, told as they come, and of surveys. */
  readonly labelExamples: number
  /**
   * Reactions that must have one, whatever was read when: what names its feed, counts long after that has settled, and
   * was not taken back. Nothing is said of others, of looks, clicks and likes above all: people here live a day in
   * minutes, and theirs may be read when the feed has settled. Nor of one in so far as its feed is read later by more
   * than what passes for a quiet partition: then it rightly belongs to none.
   */
  readonly labelsCertain: number
  /** Those of them without one. */
  readonly labelsLost: number
  /** Examples of which no feed and no reaction or survey on the input topics tells. */
  readonly labelsUnfounded: number
  readonly labelsDuplicated: number
}

/**
 * Counts by hand which examples the events on the input topics give: of all that made them nothing is used. Holds for
 * events without erasures, and for people who ask for some sixty feeds a day at most.
 */
export const countExamples = (
  events: readonly Envelope[],
  outputs: ReadonlyMap<string, number>,
): CountedExamples => {
  const feeds = valuesOf<Impression>(events, 'impressions')
  const settled = new Set(
    feeds.flatMap(({ requestId, candidates }) =>
      candidates.map(({ postId }) => settledName(requestId, postId)),
    ),
  )
  const labels = new Labels(
    feeds,
    valuesOf<Reaction>(events, 'reactions'),
    valuesOf<Survey>(events, 'surveys'),
  )
  const certain = labels.certain()
  const isSettled = ([name]: readonly [string, number]): boolean => name.startsWith('settled\0')
  const ofSettled = [...outputs].filter(isSettled)
  const others = [...outputs].filter((each) => !isSettled(each))
  return {
    settledExamples: ofSettled.length,
    settledLost: missing(settled, outputs),
    settledDuplicated: repeated(ofSettled),
    labelExamples: others.length,
    labelsCertain: certain.size,
    labelsLost: missing(certain, outputs),
    labelsUnfounded: others.filter(([name]) => !labels.isFounded(name)).length,
    labelsDuplicated: repeated(others),
  }
}

const valuesOf = <Value>(events: readonly Envelope[], topic: string): Value[] =>
  events.filter(({ contract }) => contract.topic === topic).map(({ value }) => value as Value)

const missing = (wanted: ReadonlySet<string>, outputs: ReadonlyMap<string, number>): number =>
  [...wanted].filter((name) => !outputs.has(name)).length

const repeated = (outputs: readonly (readonly [string, number])[]): number =>
  outputs.reduce((sum, [, times]) => sum + times - 1, 0)

interface Feed {
  readonly userId: string
  readonly at: number
  readonly posts: ReadonlySet<string>
}

/** Which examples of labels there may be, and which there must be. */
class Labels {
  private readonly feeds: ReadonlyMap<string, Feed>
  private readonly reactions: readonly Reaction[]
  private readonly surveys: readonly Survey[]
  private readonly given: ReadonlySet<string>

  constructor(feeds: readonly Impression[], reactions: readonly Reaction[], surveys: readonly Survey[]) {
    this.feeds = new Map(
      feeds.map(({ requestId, userId, at, candidates }) => [
        requestId,
        { userId, at, posts: new Set(candidates.map(({ postId }) => postId)) },
      ]),
    )
    this.reactions = reactions
    this.surveys = surveys
    this.given = new Set(
      reactions
        .filter(({ undo }) => !undo)
        .map(({ userId, postId, kind, at }) => named(userId ?? '', postId, kind, at)),
    )
  }

  certain(): Set<string> {
    const undone = new Set(this.reactions.filter(({ undo }) => undo).map(takenBack))
    return new Set(
      this.reactions
        .filter((each) => !each.undo && !undone.has(takenBack(each)) && this.lasts(each))
        .map(({ requestId, postId, kind, at }) => labelName(requestId!, postId, kind, at)),
    )
  }

  isFounded(name: string): boolean {
    const [what = '', requestId = '', postId = '', ...rest] = name.split('\0')
    const feed = this.feeds.get(requestId)
    if (feed === undefined || !feed.posts.has(postId)) return false
    if (what === 'label') return this.given.has(named(feed.userId, postId, ...rest))
    return this.surveys.some(
      (survey) => survey.requestId === requestId && (survey.postId === null || survey.postId === postId),
    )
  }

  private lasts({ userId, requestId, postId, kind, at }: Reaction): boolean {
    const feed = requestId === null ? undefined : this.feeds.get(requestId)
    if (feed === undefined || feed.userId !== userId || !feed.posts.has(postId)) return false
    return LASTING.has(kind) && at >= feed.at && at - feed.at <= LASTING_MS
  }
}

const takenBack = ({ userId, postId, kind }: Reaction): string => named(userId ?? '', postId, kind)
