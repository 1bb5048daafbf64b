import type { FreshetUp } from '../server.ts'

const POSTS_A_BATCH = 20
const TEXT_CHARACTERS = 9_000
const BATCHES_MAX = 2_000
/** More than a batch: rows beyond those sent would be seen. */
const ROWS_ASKED = 1_000

export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly retryAfter: string | null
}

/** Publishes posts of a few kilobytes, and knows which were acknowledged. */
export class Poster {
  up: FreshetUp
  /** Numbers of batches that were acknowledged as a whole. */
  readonly acknowledged: number[] = []
  private batch = 0

  constructor(up: FreshetUp) {
    this.up = up
  }

  /** Posts a batch; answers why it was refused, or null when it was acknowledged. */
  async post(): Promise<Refusal | null> {
    const batch = this.batch++
    const body = Array.from({ length: POSTS_A_BATCH }, (_, index) =>
      JSON.stringify(postOf(batch, index)),
    ).join('\n')
    const response = await fetch(`${this.up.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body,
    })
    const answer = (await response.json()) as Record<string, unknown>
    if (response.status === 200 && answer['accepted'] === POSTS_A_BATCH) {
      this.acknowledged.push(batch)
      return null
    }
    return {
      status: response.status,
      code: String(answer['code']),
      message: String(answer['message']),
      retryAfter: response.headers.get('retry-after'),
    }
  }

  /** Posts until refused; answers the refusal. */
  async fill(): Promise<Refusal> {
    for (let count = 0; count < BATCHES_MAX; count++) {
      const refusal = await this.post()
      if (refusal !== null && refusal.code !== 'BACKLOG_FULL') return refusal
    }
    throw new Error(`${BATCHES_MAX} batches did not fill the disk`)
  }

  /** Batches with the number of posts that state holds of each, once all that was accepted is processed. */
  async countedInState(): Promise<Readonly<Record<number, number>>> {
    const counts: Record<number, number> = {}
    for (let batch = 0; batch < this.batch; batch++) {
      const path = `/admin/v1/stores/post-attributes/rows?prefix=batch-${batch}-&limit=${ROWS_ASKED}`
      const { rows } = (await (await fetch(this.up.url + path)).json()) as { rows: readonly unknown[] }
      if (rows.length > 0) counts[batch] = rows.length
    }
    return counts
  }

  /** What `countedInState` must answer: all of what was acknowledged, nothing of what was refused. */
  get expected(): Readonly<Record<number, number>> {
    return Object.fromEntries(this.acknowledged.map((batch) => [batch, POSTS_A_BATCH]))
  }
}

const postOf = (batch: number, index: number): object => ({
  topic: 'posts',
  value: {
    eventId: `batch-${batch}-${index}`,
    postId: `batch-${batch}-${index}`,
    authorId: `author-${index}`,
    action: 'published',
    kind: 'text',
    audience: 'public',
    text: `${batch} ${index} `.padEnd(TEXT_CHARACTERS, 'word '),
    at: Date.now() - 60_000,
  },
})
