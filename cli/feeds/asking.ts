import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Millis, PostId, RequestId, UserId } from '../../schemas/ids.ts'
import { explainTraced } from '../../serving/explain/traced.ts'
import type { ExplainAnswer } from '../../serving/http/explain-schemas.ts'
import { idFrom } from '../../serving/http/ids.ts'
import type { FeedAnswer } from '../../serving/http/feed-schemas.ts'
import { NO_STAGE_METRICS } from '../../serving/pipeline/metrics.ts'
import { ask } from '../http/client.ts'
import { answered, baseOf } from '../inspect/remote.ts'
import { systemClock } from '../runtime/clock.ts'
import { openExisting } from '../runtime/open.ts'
import { openServing } from '../serving/open.ts'

export interface FeedRequest {
  readonly userId: UserId
  readonly limit: number
  readonly asOf: Millis | null
}

/** Where people who only look get feeds from: nothing is logged. */
export interface Feeds {
  preview(request: FeedRequest): Promise<FeedAnswer>
  explain(requestId: RequestId, postId: PostId): Promise<ExplainAnswer>
}

export interface FeedsOptions {
  readonly data: string
  /** Of a running server; then `data` is not looked at. */
  readonly url?: string
}

/** Hands feeds of a data directory, or of a running server, to `look`. */
export const asking = async <Result>(
  { data, url }: FeedsOptions,
  look: (feeds: Feeds) => Promise<Result>,
): Promise<Result> => (url === undefined ? askingData(data, look) : look(new RemoteFeeds(url)))

const askingData = async <Result>(data: string, look: (feeds: Feeds) => Promise<Result>): Promise<Result> => {
  const { embedded } = await openExisting(data)
  try {
    // What was accepted before the last stop may not be processed yet.
    await embedded.settled()
    const serving = await openServing({
      backend: embedded,
      data,
      clock: systemClock,
      metrics: NO_STAGE_METRICS,
    })
    try {
      await serving.retrieval?.refresh()
      return await look({
        preview: async ({ userId, limit, asOf }) =>
          serving.feeds.page(
            {
              userId: idFrom(userId, 'user'),
              limit,
              asOf: asOf ?? systemClock.now(),
              device: null,
              surface: null,
              preview: true,
            },
            null,
          ),
        explain: async (requestId, postId) => {
          // A feed is remembered once its answer is on its way.
          await nextTurn()
          return explainTraced(serving, requestId, postId)
        },
      })
    } finally {
      await serving.close()
    }
  } finally {
    await embedded.close()
  }
}

class RemoteFeeds implements Feeds {
  private readonly url: string

  constructor(url: string) {
    this.url = baseOf(url)
  }

  async preview({ userId, limit, asOf }: FeedRequest): Promise<FeedAnswer> {
    const query = new URLSearchParams({ userId, limit: String(limit), preview: 'true' })
    if (asOf !== null) query.set('asOf', String(asOf))
    return (await this.get(`/v1/feed?${query.toString()}`)) as FeedAnswer
  }

  async explain(requestId: RequestId, postId: PostId): Promise<ExplainAnswer> {
    const path = `/v1/feed/${encodeURIComponent(requestId)}/explain/${encodeURIComponent(postId)}`
    return (await this.get(path)) as ExplainAnswer
  }

  private async get(path: string): Promise<unknown> {
    return answered(await ask(`${this.url}${path}`))
  }
}
