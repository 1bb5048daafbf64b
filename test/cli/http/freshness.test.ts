import { expect, onTestFinished, test } from 'vitest'
import type { ExplainAnswer } from '../../../serving/http/explain-schemas.ts'
import type { FeedAnswer } from '../../../serving/http/feed-schemas.ts'
import { FreshetUp } from '../../chaos/server.ts'
import { post, reaction, tie, type PublishedEvent } from '../community.ts'
import { temporaryDirectory } from '../temporary.ts'

/** Like any client: of `freshet up` it knows the URL alone. */
class Client {
  private readonly url: string

  constructor(url: string) {
    this.url = url
  }

  async publish(...events: readonly PublishedEvent[]): Promise<void> {
    const response = await fetch(`${this.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(events),
    })
    expect(await response.json()).toEqual({ accepted: events.length, refused: [] })
  }

  async feed(userId: string): Promise<FeedAnswer> {
    return (await this.get(`/v1/feed?userId=${userId}&preview=true`)) as FeedAnswer
  }

  /** The features that a post of a feed was scored by; those that are 0 are left out. */
  async features(requestId: string, postId: string): Promise<Readonly<Record<string, number>>> {
    const explanation = (await this.get(`/v1/feed/${requestId}/explain/${postId}`)) as ExplainAnswer
    return explanation.features!
  }

  /** Posts in the feed's order, each with how the viewer's reactions to its author count. */
  async ranking(userId: string): Promise<readonly (readonly [postId: string, engagements: number])[]> {
    const { items, meta } = await this.feed(userId)
    return Promise.all(
      items.map(async ({ postId }) => {
        const features = await this.features(meta.requestId, postId)
        return [postId, features['user_author.engagements.total'] ?? 0] as const
      }),
    )
  }

  private async get(path: string): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`)
    expect(response.status).toBe(200)
    return response.json()
  }
}

const HOUR_MS = 3_600_000
const SOON = { timeout: 20_000 }

test('a reaction posted over HTTP changes the features and the ranking of the next feed, and its undo takes that back', async () => {
  const up = await FreshetUp.start(await temporaryDirectory())
  onTestFinished(async () => void (await up.stop()))
  const client = new Client(up.url)
  const liked = reaction('ada', 'old-cem', 'cem', 'like', { at: Date.now() })
  await client.publish(
    ...['ada', 'eve'].flatMap((user) => [tie(user, 'bea', 'follow'), tie(user, 'cem', 'follow')]),
    post('by-bea', 'bea', { at: Date.now() - HOUR_MS }),
    post('by-cem', 'cem', { at: Date.now() - 2 * HOUR_MS }),
  )
  const before = [
    ['by-bea', 0],
    ['by-cem', 0],
  ]
  await expect.poll(() => client.ranking('ada'), SOON).toEqual(before)

  await client.publish(liked)
  await expect
    .poll(() => client.ranking('ada'))
    .toEqual([
      ['by-cem', 1],
      ['by-bea', 0],
    ])
  const { meta } = await client.feed('ada')
  const features = await client.features(meta.requestId, 'by-cem')
  expect(features['user_author.engagements.decayed_1d']).toBeCloseTo(1, 2)
  expect(await client.ranking('eve')).toContainEqual(['by-cem', 0])

  await client.publish(reaction('ada', 'old-cem', 'cem', 'like', { undo: true, at: Date.now() }))
  await expect.poll(() => client.ranking('ada'), SOON).toEqual(before)
})
