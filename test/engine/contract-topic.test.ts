import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../engine/bytes.ts'
import { contractTopic } from '../../engine/contract-topic.ts'
import { KeyWriter } from '../../engine/key.ts'
import { posts as contract, type Post } from '../../schemas/posts/index.ts'

const posts = contractTopic(contract, { keySpace: 'post', graceMs: 60_000 })

const post = (text: string): Post =>
  contract.fromJson({
    eventId: 'event',
    postId: 'zoë',
    authorId: 'ann',
    action: 'published',
    kind: 'text',
    audience: 'public',
    text,
    hashtags: [],
    mentions: [],
    at: 1_750_000_000_000,
  })

describe('the topic of a contract', () => {
  it('takes name, key, time, identity and visibility from it', () => {
    const key = new KeyWriter()
    posts.key(post(''), key)
    expect(posts).toMatchObject({ name: 'posts', keySpace: 'post', graceMs: 60_000, visibility: 'public' })
    expect(key.view()).toEqual(Buffer.from('zoë'))
    expect(posts.time(post(''))).toBe(1_750_000_000_000)
    expect(posts.eventId!(post(''))).toBe('event')
  })

  it.each([0, 1, 400, 511, 512, 513, 4_000, 10_000])(
    'writes and reads a text of %d characters, wherever in a buffer, without touching its neighbours',
    (characters) => {
      const value = post('ü'.repeat(characters))
      for (const before of [0, 1, 255, 256]) {
        const writer = new ByteWriter(1)
        writer.bytes(Buffer.alloc(before, 7))
        posts.codec.encode(value, writer)
        const end = writer.position
        writer.bytes(Buffer.alloc(10, 9))
        expect(posts.codec.decode(writer.buffer, before, end)).toEqual(value)
        expect(writer.buffer.subarray(0, before)).toEqual(Buffer.alloc(before, 7))
      }
    },
  )
})
