import { ask } from '../../cli/http/client.ts'
import type { FeedAnswer } from '../../serving/http/feed-schemas.ts'

const ANSWERED = 200

/** Asks a serving process for feeds, as any app does, without their being logged. */
export class FeedProbe {
  /** Milliseconds of each answer. */
  readonly tookMs: number[] = []
  private readonly url: string

  constructor(url: string) {
    this.url = url
  }

  /**
   * Whether posts by authors that a viewer engaged with are among those that their feed was ranked from. Whether one is shown
   * then is a matter of what else there is.
   */
  async counts(userId: string): Promise<boolean> {
    const asked = performance.now()
    const { status, body } = await ask(`${this.url}/v1/feed?userId=${userId}&preview=true`)
    // A process that is catching up shows nothing yet.
    if (status !== ANSWERED) return false
    this.tookMs.push(performance.now() - asked)
    return ((body as FeedAnswer).meta.sources['touched'] ?? 0) > 0
  }
}
