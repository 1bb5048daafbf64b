/** A post of a feed as Freshet serves it. */
export interface FeedItem {
  readonly postId: string
  readonly authorId: string
  /** Place in the feed, from 0. */
  readonly position: number
}

export interface ServedFeed {
  /** What reactions name; null where the server gives none. */
  readonly requestId: string | null
  /** In the order they are shown. */
  readonly items: readonly FeedItem[]
}

export interface Published {
  readonly accepted: number
  /** Why events were refused, in words; a world's events never are. */
  readonly refused: readonly string[]
}

/** All that a world knows of Freshet: what any app's back end knows. */
export interface FreshetApi {
  /** Sends lines of NDJSON; resolves when what was accepted is durable. Tries again what may succeed later. */
  publish(lines: readonly string[]): Promise<Published>
  /** Resolves when everything published is processed, and so visible in feeds. */
  settled(): Promise<void>
  /** At most `limit` posts for a user, as of a time in milliseconds since 1970. May be called many times at once. */
  feed(userId: string, asOf: number, limit: number): Promise<ServedFeed>
}
