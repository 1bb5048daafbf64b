import { ask } from '../../cli/http/client.ts'
import type { FeedAnswer } from '../../serving/http/feed-schemas.ts'

const ANSWERED = 200

/** Asks a serving process for feeds, as any app does, without their being logged. */
export class FeedProbe {
  /** Milliseconds of each answer. */
  readonly tookMs: number[] = []
  private readonly url: string
  private readonly posts: number

  constructor(url: string, posts: number) {
    this.url = url
    this.posts = posts
  }

  /** Whether a viewer's feed holds a post by an author for no other reason than that they engaged with that author. */
  async shows(userId: string, authorId: string): Promise<boolean> {
    const asked = performance.now()
    const query = `userId=${userId}&limit=${this.posts}&preview=true`
    const { status, body } = await ask(`${this.url}/v1/feed?${query}`)
    // A process that is catching up shows nothing yet.
    if (status !== ANSWERED) return false
    this.tookMs.push(performance.now() - asked)
    const { items } = body as FeedAnswer
    return items.some((item) => item.authorId === authorId && item.reason.source === 'touched')
  }
}
