import type { RequestId } from '../../schemas/ids.ts'
import type { ServedRequests } from '../explain/served-requests.ts'
import type { RankedFeed } from '../feed-pipeline.ts'
import { always, type EffectStage } from '../pipeline/stage.ts'
import type { FeedQuery } from '../query.ts'
import { rankingSampleOf } from '../sampling/ranking-sample.ts'
import type { SampleLog } from '../sampling/sample-log.ts'
import type { Ranking } from '../scorers/ranking.ts'
import type { Withheld } from '../selector/page.ts'
import type { ShadowScoring } from '../shadow/shadow-scoring.ts'
import type { ImpressionLog } from './impression-log.ts'
import type { ServedPage } from './impression.ts'

/** A feed that was ranked for a request, still held. */
export interface RankedRequest {
  readonly requestId: RequestId
  readonly feed: RankedFeed<Ranking>
}

/** A page with what there is to remember of it. */
export interface AnsweredPage extends ServedPage {
  /** The ranking of a first page; null for those after it. */
  readonly feed: RankedFeed | null
  readonly removed: readonly Withheld[]
}

export interface EffectParts {
  readonly impressions: Pick<ImpressionLog, 'add'>
  readonly shadow: Pick<ShadowScoring, 'take'>
  readonly requests: ServedRequests
  readonly samples: Pick<SampleLog, 'add'>
}

/** What feeds do beside being answered, by when. */
export interface FeedEffects {
  /** While the ranking is held. */
  readonly ofRanking: readonly EffectStage<RankedRequest>[]
  /** Before the answer. */
  readonly ofPage: readonly EffectStage<AnsweredPage>[]
  /** Once the answer is on its way: no answer tells of these. */
  readonly afterAnswer: readonly EffectStage<AnsweredPage>[]
}

export const feedEffects = (parts: EffectParts): FeedEffects => ({
  ofRanking: [samples(parts)],
  ofPage: [impressions(parts)],
  afterAnswer: [requests(parts), shadow(parts)],
})

/** Nobody sees a preview: it is no impression, and nothing is learned or compared by it. */
const isSeen = ({ preview }: FeedQuery): boolean => !preview

const samples = ({ samples: log }: EffectParts): EffectStage<RankedRequest> => ({
  name: 'effect-samples',
  about: 'Samples one ranking in twenty, for the light ranker to learn from.',
  required: false,
  enable: isSeen,
  perform({ requestId, feed }) {
    const sample = rankingSampleOf(feed, requestId)
    if (sample === null) return 0
    log.add(sample)
    return sample.candidates.length
  },
})

const impressions = ({ impressions: log }: EffectParts): EffectStage<AnsweredPage> => ({
  name: 'effect-impressions',
  about: 'Logs what is shown.',
  required: false,
  enable: isSeen,
  perform(page) {
    if (page.shown.length > 0) log.add(page)
    return page.shown.length
  },
})

const requests = ({ requests: served }: EffectParts): EffectStage<AnsweredPage> => ({
  name: 'effect-requests',
  about: 'Remembers what became of every candidate, for those who ask why.',
  required: false,
  enable: always,
  perform({ requestId, session, feed, shown, removed }) {
    const posts = shown.map(({ candidate }) => candidate)
    if (feed === null) served.page(requestId, session, posts, removed)
    else served.note(requestId, feed, posts, removed)
    return posts.length
  },
})

const shadow = ({ shadow: scoring }: EffectParts): EffectStage<AnsweredPage> => ({
  name: 'effect-shadow',
  about: 'Has a snapshot that is tried score some pages too.',
  required: false,
  enable: isSeen,
  perform(page) {
    if (page.shown.length > 0) scoring.take(page)
    return page.shown.length
  },
})
