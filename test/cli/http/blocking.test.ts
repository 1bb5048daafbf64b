import { expect, onTestFinished, test } from 'vitest'
import type { FeedAnswer } from '../../../serving/http/feed-schemas.ts'
import { FreshetUp } from '../../chaos/server.ts'
import { post, reaction, tie, type PublishedEvent } from '../community.ts'
import { temporaryDirectory } from '../temporary.ts'

const SOON = { timeout: 20_000 }

test('who blocks an author by a reaction is shown nothing more of them, nor they of them, until it is taken back', async () => {
  const directory = await temporaryDirectory()
  let up = await FreshetUp.start(directory)
  onTestFinished(async () => void (await up.stop()))
  const publish = async (...events: readonly PublishedEvent[]): Promise<void> => {
    const response = await fetch(`${up.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(events),
    })
    expect(await response.json()).toEqual({ accepted: events.length, refused: [] })
  }
  const shown = async (userId: string): Promise<readonly string[]> => {
    const response = await fetch(`${up.url}/v1/feed?userId=${userId}&preview=true`)
    const { items } = (await response.json()) as FeedAnswer
    return items.map(({ postId }) => postId).toSorted()
  }
  const blocks = (fields: object): PublishedEvent =>
    reaction('ada', 'long-ago', 'bea', 'block_author', { at: Date.now(), ...fields })

  await publish(...['ada', 'cem'].map((user) => tie(user, 'bea', 'follow')), tie('bea', 'ada', 'follow'))
  await publish(post('first', 'bea'), post('of-ada', 'ada'))
  await expect.poll(() => shown('ada'), SOON).toEqual(['first'])
  await expect.poll(() => shown('bea'), SOON).toEqual(['of-ada'])

  await publish(blocks({}))
  expect([await shown('ada'), await shown('bea')]).toEqual([[], []])
  await publish(post('next', 'bea'))
  // After a start nothing is held in memory, and everything accepted before is processed: rows decide alone.
  await up.stop()
  up = await FreshetUp.start(directory)
  await expect.poll(() => shown('cem'), SOON).toEqual(['first', 'next', 'of-ada'])
  expect([await shown('ada'), await shown('bea')]).toEqual([[], []])

  await publish(blocks({ undo: true }))
  await expect.poll(() => shown('ada'), SOON).toEqual(['first', 'next'])
  await expect.poll(() => shown('bea'), SOON).toEqual(['of-ada'])

  await publish(blocks({}))
  expect(await shown('ada')).toEqual([])
  await publish(tie('ada', 'bea', 'block', { action: 'removed', at: Date.now() }))
  await expect.poll(() => shown('ada'), SOON).toEqual(['first', 'next'])
})
