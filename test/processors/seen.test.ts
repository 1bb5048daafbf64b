import fc from 'fast-check'
import { expect, test } from 'vitest'
import { node } from '../../engine/topology.ts'
import { ERASURE_MEMORY_MS } from '../../processors/erasure.ts'
import { SEEN_FILTER_POSTS_MAX, SeenPosts, seenFilter, wasSeen } from '../../processors/seen-filter.ts'
import {
  readLastLogin,
  readSeenRecent,
  seen,
  SEEN_RECENT_MAX,
  SESSION_GAP_MINUTES,
} from '../../processors/seen.ts'
import { erasures, reactions } from '../../processors/topics.ts'
import { MINUTE_MS } from '../../schemas/ids.ts'
import { REACTION_KINDS, type Reaction } from '../../schemas/reactions/index.ts'
import { aReaction, later, T0 } from './events.ts'
import { Harness } from './harness.ts'
import { anErasure } from './personal-events.ts'
import { type Pick, picks, Pipeline } from './pipeline.ts'

const inOrder: Pick = () => 0
/** T0 lies 20 s into its minute. */
const MINUTE_0 = Math.floor(T0 / MINUTE_MS) * MINUTE_MS
const minutes = (count: number): number => MINUTE_0 + count * MINUTE_MS

const pipelineOf = (events: readonly Reaction[], pick: Pick = inOrder): Pipeline => {
  const pipeline = new Pipeline([node(seen), node(seenFilter)])
  pipeline.publish(reactions, ...events)
  pipeline.drain(pick)
  return pipeline
}

const postsOf = (pipeline: Pipeline): SeenPosts =>
  new SeenPosts(pipeline.of('seen').rows.get('user-1'), pipeline.of('seen-filter').rows.get('user-1'))

const views = (posts: readonly string[]): Reaction[] =>
  posts.map((postId, index) => aReaction({ postId, kind: 'view', at: later(index * 1_000) }))

const numbered = (count: number, prefix = 'post'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`)

test('any reaction means seen, an undo does not unsee, and what was not reacted to was not seen', () => {
  const events = REACTION_KINDS.map((kind) => aReaction({ kind, postId: kind }))
  const posts = postsOf(pipelineOf([...events, aReaction({ kind: 'view', postId: 'view', undo: true })]))
  for (const kind of REACTION_KINDS) expect(posts.has(kind)).toBe(true)
  expect(posts.has('other')).toBe(false)
})

test('reactions of nobody known leave no row', () => {
  expect(pipelineOf([aReaction({ userId: null })]).of('seen').rows.size).toBe(0)
})

test('of the last 56 posts none is mistaken, and the row stays below a kilobyte', () => {
  const pipeline = pipelineOf(views(numbered(1_000)))
  const row = pipeline.of('seen').row('user-1')
  const recent = readSeenRecent(row)
  expect(row.length).toBeLessThanOrEqual(1_024)
  expect(recent.size).toBeGreaterThanOrEqual(56)
  expect(recent.size).toBeLessThanOrEqual(SEEN_RECENT_MAX)
})

test('every post of the last eight thousand is known, whenever the filter hears of it', () => {
  for (const seed of [1, 2]) {
    const posts = numbered(SEEN_FILTER_POSTS_MAX + SEEN_RECENT_MAX)
    const known = postsOf(pipelineOf(views(posts), picks(seed)))
    expect(posts.slice(SEEN_RECENT_MAX).filter((post) => !known.has(post))).toEqual([])
  }
})

test('posts seen again do not push others out of the filter', () => {
  const rounds = [...numbered(200), ...numbered(200), ...numbered(200)]
  const pipeline = pipelineOf(views(rounds))
  const stubs = (pipeline.of('seen-filter').row('user-1').length - 5) / 3
  expect(stubs).toBeLessThanOrEqual(200)
  expect(numbered(200).every((post) => postsOf(pipeline).has(post))).toBe(true)
})

test('a full filter takes at most 0.05 % of unseen posts for seen', () => {
  const known = postsOf(pipelineOf(views(numbered(SEEN_FILTER_POSTS_MAX + 100))))
  const mistaken = numbered(100_000, 'other').filter((post) => known.has(post)).length
  // 100,000 · 8,192 / 2^24 is 49, give or take 7.
  expect(mistaken).toBeGreaterThan(20)
  expect(mistaken).toBeLessThan(80)
})

test('no post is missed while it is on its way to the filter', () => {
  const recent = new Harness(seen) as Harness<unknown>
  const filter = new Harness(seenFilter) as Harness<unknown>
  const posts = numbered(400)
  let handedOver: { topic: never; value: never } | undefined
  for (const [index, event] of views(posts).entries()) {
    const [sent] = recent.apply(reactions, event)
    if (sent !== undefined) {
      if (handedOver !== undefined) filter.apply(handedOver.topic, handedOver.value)
      handedOver = sent as never
    }
    const known = new SeenPosts(recent.row('user-1'), filter.rows.get('user-1'))
    expect(posts.slice(0, index + 1).filter((post) => !known.has(post))).toEqual([])
  }
})

test('one post can be asked for without either row', () => {
  const row = pipelineOf(views(['a']))
    .of('seen')
    .row('user-1')
  expect(wasSeen(row, undefined, 'a')).toBe(true)
  expect(wasSeen(row, undefined, 'b')).toBe(false)
  expect(wasSeen(undefined, undefined, 'a')).toBe(false)
})

const loginAfter = (times: readonly number[]): ReturnType<typeof readLastLogin> => {
  const harness = new Harness(seen) as Harness<unknown>
  for (const at of times) harness.apply(reactions, aReaction({ kind: 'view', at }))
  return readLastLogin(harness.row('user-1'))
}

test('activity after a gap begins a session, and tells when the one before ended', () => {
  const gap = SESSION_GAP_MINUTES
  expect(loginAfter([minutes(0), minutes(gap)])).toEqual({
    sessionStartAt: minutes(0),
    lastActiveAt: minutes(gap),
    previousActiveAt: null,
  })
  expect(loginAfter([minutes(0), minutes(10), minutes(11 + gap), minutes(12 + gap) + 5])).toEqual({
    sessionStartAt: minutes(11 + gap),
    lastActiveAt: minutes(12 + gap),
    previousActiveAt: minutes(10),
  })
})

test('late activity moves no session back', () => {
  const day = [minutes(0), minutes(10), minutes(100), minutes(105)]
  expect(loginAfter([...day, minutes(101), minutes(50), minutes(5)])).toEqual(loginAfter(day))
})

test('sessions are those that a list of all activity shows', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300), { minLength: 1, maxLength: 40 }), (gaps) => {
      let at = 0
      const active = gaps.map((gap) => (at += gap % 60))
      const starts = active.filter(
        (each, index) => index === 0 || each - active[index - 1]! > SESSION_GAP_MINUTES,
      )
      const start = starts.at(-1)!
      const before = active.filter((each) => each < start).at(-1)
      expect(loginAfter(active.map(minutes))).toEqual({
        sessionStartAt: minutes(start),
        lastActiveAt: minutes(active.at(-1)!),
        previousActiveAt: before === undefined ? null : minutes(before),
      })
    }),
    { numRuns: 100 },
  )
})

test('a burst of reactions to one post writes the row once', () => {
  const harness = new Harness(seen) as Harness<unknown>
  harness.apply(reactions, aReaction({ kind: 'view', at: minutes(1) }))
  const row = harness.row('user-1')
  harness.apply(reactions, aReaction({ kind: 'like', at: minutes(1) + 30_000 }))
  expect(harness.row('user-1')).toBe(row)
})

test('an erasure takes what was seen up to then, refuses what comes late, and is itself forgotten', () => {
  const pipeline = pipelineOf(views(numbered(200)))
  pipeline.publish(reactions, aReaction({ postId: 'new', at: minutes(60) }))
  pipeline.drain(inOrder)
  pipeline.publish(erasures, anErasure(minutes(10)))
  pipeline.publish(reactions, aReaction({ postId: 'late', at: minutes(9) }))
  pipeline.drain(inOrder)
  const known = postsOf(pipeline)
  expect([...numbered(200), 'late', 'new'].filter((post) => known.has(post))).toEqual(['new'])
  expect(readLastLogin(pipeline.of('seen').row('user-1'))).toEqual({
    sessionStartAt: minutes(60),
    lastActiveAt: minutes(60),
    previousActiveAt: null,
  })
  pipeline.publish(erasures, anErasure(minutes(70)))
  pipeline.drain(inOrder)
  expect(pipeline.rows()).toHaveLength(2)
  pipeline.advance(minutes(70) + ERASURE_MEMORY_MS)
  expect(pipeline.rows()).toEqual([])
})

test('posts on their way to the filter when their user is erased do not come back', () => {
  const recent = new Harness(seen) as Harness<unknown>
  const filter = new Harness(seenFilter) as Harness<unknown>
  const sent = views(numbered(60)).flatMap((event) => recent.apply(reactions, event))
  filter.apply(erasures, anErasure(minutes(10)))
  const erased = filter.row('user-1')
  for (const { topic, value } of sent) filter.apply(topic, value)
  expect(sent).toHaveLength(1)
  expect(filter.row('user-1')).toBe(erased)
})
