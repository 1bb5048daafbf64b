import type { Embedded } from '../../cli/runtime/embedded.ts'
import { readEnvelope } from '../../schemas/envelope.ts'
import { millis, type UserId } from '../../schemas/ids.ts'
import type { FeedQuery } from '../../serving/query.ts'
import type { Serving } from '../../cli/serving/open.ts'
import type { FreshetApi, Published, ServedFeed } from '../../world/driver/port.ts'

/** Freshet's API within this process: what a world needs of it, with a look at each request. */
export class LocalApi implements FreshetApi {
  private readonly embedded: Embedded
  private readonly serving: Serving
  private readonly onRequest: (query: FeedQuery) => Promise<void>

  constructor(embedded: Embedded, serving: Serving, onRequest: (query: FeedQuery) => Promise<void>) {
    this.embedded = embedded
    this.serving = serving
    this.onRequest = onRequest
  }

  /** Waits for what was published before: history is told faster than it is processed. */
  async publish(lines: readonly string[]): Promise<Published> {
    await this.embedded.settled()
    await this.embedded.publish(lines.map((line) => readEnvelope(Buffer.from(line))))
    return { accepted: lines.length, refused: [] }
  }

  async settled(): Promise<void> {
    await this.embedded.settled()
    await this.serving.retrieval?.refresh()
  }

  async feed(userId: string, asOf: number, limit: number): Promise<ServedFeed> {
    const at = millis(asOf)
    const query = { userId: userId as UserId, limit, asOf: at, device: null, surface: null, preview: false }
    await this.onRequest(query)
    const { items, meta } = await this.serving.feeds.page(query, null)
    return { requestId: meta.requestId, items }
  }
}
