import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Node, node } from '../../engine/topology.ts'
import { postComments } from '../../processors/comments.ts'
import { contentVectorOf } from '../../processors/content/content-vector.ts'
import { givenReactions } from '../../processors/given-reactions.ts'
import { hashtagWords, readHashtagWords } from '../../processors/hashtag-words.ts'
import { split } from '../../processors/hashtags/segmenter.ts'
import { integrity } from '../../processors/integrity.ts'
import { postAttributes } from '../../processors/post-attributes.ts'
import {
  mentions,
  postsByAuthor,
  postsByContainer,
  postsByHashtag,
  postsByHour,
  readPosts,
} from '../../processors/post-index.ts'
import { type JoinedReaction, postJoin } from '../../processors/post-join.ts'
import { hashtagWordsOf } from '../../processors/post-words.ts'
import { anonymousReactionRouting, reactionRouting } from '../../processors/reaction-routing.ts'
import { integrity as judgements, posts, reactions } from '../../processors/topics.ts'
import type { Integrity } from '../../schemas/integrity/index.ts'
import { HOUR_MS } from '../../schemas/ids.ts'
import type { Post } from '../../schemas/posts/index.ts'
import type { Reaction } from '../../schemas/reactions/index.ts'
import { aPost, aReaction, eventId, hashtag, later, postId } from './events.ts'
import { picks, Pipeline } from './pipeline.ts'

/** Events in the order of the log; several topics, a handful of posts, users, groups and hashtags. */
interface Events {
  readonly posts: readonly Post[]
  readonly reactions: readonly Reaction[]
  readonly judgements: readonly Integrity[]
}

const TAGS = ['kandajimbo', 'kandawalks', 'walks', 'jimbo_now', 'travelphotography']
const TEXTS = [null, 'kanda', 'A walk from Kanda to Jimbo', 'travel photography walks']
const place = fc.nat(4 * HOUR_MS)

const post = fc
  .record({
    post: fc.nat(5),
    action: fc.constantFrom('published', 'published', 'edited', 'deleted'),
    kind: fc.constantFrom('text', 'photo', 'video'),
    containerId: fc.constantFrom(null, 'group-1', 'group-2'),
    hashtags: fc.subarray(TAGS),
    mentions: fc.subarray(['user-1', 'user-2', 'user-3']),
    text: fc.constantFrom(...TEXTS),
    after: place,
  })
  .map(({ post: number, after, ...fields }) =>
    aPost({
      ...fields,
      postId: `post-${number}`,
      authorId: `author-${number % 3}`,
      at: later(after),
    }),
  )

const reaction = fc
  .record({
    post: fc.nat(6),
    userId: fc.constantFrom(null, 'user-1', 'user-2', 'user-3'),
    kind: fc.constantFrom('like', 'comment', 'dwell'),
    undo: fc.boolean(),
    comment: fc.nat(3),
    after: place,
  })
  .map(({ post: number, after, comment, userId, kind, undo }) =>
    aReaction({
      postId: `post-${number}`,
      authorId: `author-${number % 3}`,
      userId,
      kind,
      undo: undo && kind !== 'dwell',
      value: kind === 'dwell' ? comment : null,
      commentId: kind === 'comment' ? `comment-${comment}-${userId}-${number}` : null,
      at: later(after),
    }),
  )

const judgement = fc
  .record({ post: fc.nat(5), verdict: fc.constantFrom('allow', 'remove'), after: place })
  .map(({ post: number, verdict, after }): Integrity => ({
    eventId: eventId('unset'),
    postId: postId(`post-${number}`),
    verdict,
    scores: {},
    at: later(after),
  }))

const named = <Event extends { readonly eventId: string }>(events: readonly Event[]): Event[] =>
  events.map((event, at) => ({ ...event, eventId: `event-${at}` }))

const events: fc.Arbitrary<Events> = fc.record({
  posts: fc.array(post, { maxLength: 25 }).map(named),
  reactions: fc.array(reaction, { maxLength: 40 }).map(named),
  judgements: fc.array(judgement, { maxLength: 8 }).map(named),
})

const run = (all: Events, seed: number): { pipeline: Pipeline; joined: JoinedReaction[] } => {
  const joined: JoinedReaction[] = []
  const nodes: Node[] = [
    node(givenReactions),
    node(reactionRouting),
    ...anonymousReactionRouting.map((mapper) => node(mapper)),
    node(postAttributes),
    node(postJoin((each) => joined.push({ ...each }), [])),
    node(postsByAuthor),
    node(postsByContainer),
    node(postsByHour),
    node(postsByHashtag),
    node(mentions),
    node(postComments),
    node(hashtagWords),
    node(integrity),
  ]
  const pipeline = new Pipeline(nodes)
  pipeline.publish(posts, ...all.posts)
  pipeline.publish(reactions, ...all.reactions)
  pipeline.publish(judgements, ...all.judgements)
  pipeline.drain(picks(seed))
  return { pipeline, joined }
}

const textOf = (joined: readonly JoinedReaction[]): string[] =>
  joined.map((each) => JSON.stringify(each)).sort()

test('however topics and producers interleave, every row and every join comes out the same', () => {
  fc.assert(
    fc.property(events, fc.integer(), fc.integer(), (all, seed, other) => {
      const one = run(all, seed)
      const two = run(all, other)
      expect(two.pipeline.rows()).toEqual(one.pipeline.rows())
      expect(textOf(two.joined)).toEqual(textOf(one.joined))
    }),
  )
})

/** Posts that are published and not deleted, by id, with their newest content and first publication. */
const livePosts = (all: readonly Post[]): Map<string, { readonly first: Post; readonly newest: Post }> => {
  const live = new Map<string, { first: Post; newest: Post }>()
  for (const id of new Set(all.map((each) => each.postId))) {
    const own = all.filter((each) => each.postId === id)
    const first = own.find(({ action }) => action === 'published')
    if (first === undefined || own.some(({ action }) => action === 'deleted')) continue
    const newest = own.toSorted((a, b) => b.at - a.at || (a.eventId < b.eventId ? 1 : -1))[0]!
    live.set(id, { first, newest })
  }
  return live
}

const groups = <Item>(items: readonly Item[], keyOf: (item: Item) => string | null): Map<string, Item[]> => {
  const grouped = new Map<string, Item[]>()
  for (const item of items) {
    const key = keyOf(item)
    if (key !== null) grouped.set(key, [...(grouped.get(key) ?? []), item])
  }
  return grouped
}

test('the indexes hold the live posts of each author, container, hashtag and user mentioned, newest first', () => {
  fc.assert(
    fc.property(events, fc.integer(), (all, seed) => {
      const { pipeline } = run(all, seed)
      const live = [...livePosts(all.posts).values()].sort(
        (a, b) => b.first.at - a.first.at || (a.first.postId < b.first.postId ? 1 : -1),
      )
      const expectIndex = (store: string, wanted: Map<string, typeof live>): void => {
        const rows = pipeline.of(store).rows
        for (const [key, row] of rows) {
          const found = readPosts(row).map(({ postId: id, publishedAt, kind }) => ({ id, publishedAt, kind }))
          const want = (wanted.get(key) ?? []).map(({ first, newest }) => ({
            id: first.postId,
            publishedAt: first.at,
            kind: newest.kind,
          }))
          expect(found).toEqual(want)
        }
        for (const key of wanted.keys()) expect(rows.has(key)).toBe(true)
      }
      expectIndex(
        'posts-by-author',
        groups(live, ({ first }) => first.authorId),
      )
      expectIndex(
        'posts-by-container',
        groups(live, ({ newest }) => newest.containerId),
      )
      const tagged = live.flatMap((each) => each.newest.hashtags.map((tag) => ({ tag, each })))
      expectIndex(
        'posts-by-hashtag',
        new Map([...groups(tagged, ({ tag }) => tag)].map(([tag, of]) => [tag, of.map(({ each }) => each)])),
      )
      const mentioning = live.flatMap((each) => each.newest.mentions.map((user) => ({ user, each })))
      expectIndex(
        'mentions',
        new Map(
          [...groups(mentioning, ({ user }) => user)].map(([user, of]) => [user, of.map(({ each }) => each)]),
        ),
      )
    }),
  )
})

test('reactions are joined with what their post was first published as, each once', () => {
  fc.assert(
    fc.property(events, fc.integer(), (all, seed) => {
      // Reactions as they reach the join: undos redated, and those without their reaction held back.
      const { joined } = run(all, seed)
      const kept = run({ ...all, posts: everyPostPublishedFirst }, seed).joined
      const first = new Map<string, Post>()
      for (const each of all.posts) {
        if (each.action === 'published' && !first.has(each.postId)) first.set(each.postId, each)
      }
      const wanted = kept.flatMap((each) => {
        const published = first.get(each.postId)
        if (published === undefined) return []
        const { kind: contentKind, containerId, hashtags } = published
        return [{ ...each, contentKind, containerId, hashtags, vector: contentVectorOf(published) }]
      })
      expect(textOf(joined)).toEqual(textOf(wanted))
    }),
  )
})

const everyPostPublishedFirst = Array.from({ length: 7 }, (_, number) => aPost({ postId: `post-${number}` }))

test('hashtags are split by the words that live posts use', () => {
  fc.assert(
    fc.property(events, fc.integer(), (all, seed) => {
      const { pipeline } = run(all, seed)
      const counts = new Map<string, Map<string, number>>()
      for (const { newest } of livePosts(all.posts).values()) {
        hashtagWordsOf(newest.text, newest.hashtags).forEach((words, at) => {
          const tag = newest.hashtags[at]!
          const counted = counts.get(tag) ?? new Map<string, number>()
          for (const word of words) counted.set(word, (counted.get(word) ?? 0) + 1)
          counts.set(tag, counted)
        })
      }
      for (const [tag, row] of pipeline.of('hashtag-words').rows) {
        expect(readHashtagWords(row)).toEqual(split(hashtag(tag), counts.get(tag)))
      }
      for (const tag of counts.keys()) expect(pipeline.of('hashtag-words').rows.has(tag)).toBe(true)
    }),
  )
})
