import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { post, reaction, tie } from '../../cli/community.ts'
import { Running } from '../../cli/running.ts'

interface Shown {
  readonly postIds: string[]
  readonly positions: number[]
}

/** Reads a feed to its end, with something happening after each page. What is looked at counts as not shown. */
const readAll = async (
  running: Running,
  userId: string,
  limit: number,
  between: (page: number, shown: Shown) => Promise<void> = async () => undefined,
  asOf = Date.now(),
): Promise<Shown> => {
  const shown: Shown = { postIds: [], positions: [] }
  let cursor: string | null = null
  for (let page = 0; page === 0 || cursor !== null; page++) {
    const feed = await running.feed({
      userId,
      limit,
      asOf,
      preview: 'true',
      ...(cursor !== null && { cursor }),
    })
    for (const { postId, position } of feed.items) {
      shown.postIds.push(postId)
      shown.positions.push(position)
    }
    expect(feed.items.length).toBeLessThanOrEqual(limit)
    cursor = feed.cursor
    await between(page, shown)
  }
  return shown
}

const society = (posts: number) => [
  tie('ada', 'author-0', 'friend'),
  tie('ada', 'author-1', 'follow'),
  ...Array.from({ length: posts }, (_, index) => post(`p${index}`, `author-${index % 5}`)),
]

describe('the pages of a feed', () => {
  test('hold every post once, in one order, whatever their length', async () => {
    const running = await Running.start()
    await running.take(society(37))
    const now = Date.now()
    const nothing = async (): Promise<void> => undefined
    const whole = await readAll(running, 'ada', 100, nothing, now)
    expect([...whole.postIds].sort()).toEqual(Array.from({ length: 37 }, (_, index) => `p${index}`).sort())
    for (const limit of [1, 5, 7, 36, 37]) {
      const { postIds, positions } = await readAll(running, 'ada', limit, nothing, now)
      expect(postIds).toEqual(whole.postIds)
      expect(positions).toEqual([...postIds.keys()])
    }
  })

  test.each([
    ['', {}],
    [', even if no ranking is ever kept', { sessionsMax: 0 }],
  ])(
    'leave out what can no longer be seen or was refused, and nothing else, and show nothing twice%s',
    async (_, sessions) => {
      const plan = fc.record({
        limit: fc.integer({ min: 1, max: 9 }),
        deleted: fc.array(fc.tuple(fc.nat(3), fc.nat(29)), { maxLength: 8 }),
        blocked: fc.option(fc.tuple(fc.nat(2), fc.nat(4))),
        refused: fc.array(fc.tuple(fc.nat(3), fc.constantFrom('hide', 'report'), fc.nat(29)), {
          maxLength: 4,
        }),
        lessOf: fc.option(fc.tuple(fc.nat(2), fc.nat(4))),
        published: fc.nat(3),
      })
      let round = 0
      const running = await Running.start({ sessions })
      await fc.assert(
        fc.asyncProperty(plan, async ({ limit, deleted, blocked, refused, lessOf, published }) => {
          const name = `r${round++}`
          const viewer = `viewer-${name}`
          const authorOf = (index: number): string => `${name}-author-${index % 5}`
          const all = Array.from({ length: 30 }, (_, index) => `${name}-${index}`)
          await running.take([
            ...all.map((postId, index) => post(postId, authorOf(index), { audience: 'friends' })),
            ...Array.from({ length: 5 }, (_, index) => tie(viewer, authorOf(index), 'friend')),
          ])
          /** By post: how many were shown before it was gone. */
          const gone = new Map<string, number>()
          const asOf = Date.now()
          const between = async (page: number, { postIds }: Shown): Promise<void> => {
            const isGone = (postId: string): unknown => gone.has(postId) || gone.set(postId, postIds.length)
            const allAreGone = (author: number): void =>
              all.filter((_, index) => index % 5 === author).forEach(isGone)
            const events = deleted
              .filter(([at]) => at === page)
              .map(([, index]) => {
                isGone(all[index]!)
                return post(all[index]!, authorOf(index), { action: 'deleted', at: Date.now() })
              })
            if (blocked?.[0] === page) {
              allAreGone(blocked[1])
              events.push(tie(viewer, authorOf(blocked[1]), 'block', { at: Date.now() }))
            }
            for (const [, kind, index] of refused.filter(([at]) => at === page)) {
              isGone(all[index]!)
              events.push(reaction(viewer, all[index]!, authorOf(index), kind, { at: Date.now() }))
            }
            if (lessOf?.[0] === page) {
              const [, author] = lessOf
              allAreGone(author)
              // Feeds of before it do not know of it, and these are all as of one time.
              events.push(reaction(viewer, all[author]!, authorOf(author), 'see_less', { at: asOf - 1 }))
            }
            if (page === published) {
              const late = post(`${name}-late`, authorOf(0), { audience: 'friends', at: Date.now() - 1 })
              events.push(late)
            }
            if (events.length > 0) await running.publish(...events)
            // A block counts once it is accepted; what else people refuse, once it is in their rows.
            if (refused.some(([at]) => at === page) || lessOf?.[0] === page) await running.embedded.settled()
          }
          const shown = await readAll(running, viewer, limit, between, asOf)
          const own = shown.postIds.filter((postId) => all.includes(postId))
          expect(new Set(own).size).toBe(own.length)
          expect(shown.postIds).not.toContain(`${name}-late`)
          for (const postId of all) if (!gone.has(postId)) expect(own).toContain(postId)
          for (const [postId, before] of gone) expect(shown.postIds.indexOf(postId)).toBeLessThan(before)
          expect(shown.positions).toEqual([...shown.positions.keys()])
        }),
        { numRuns: 15 },
      )
    },
  )

  test('never show a post that was blocked or deleted before the page was asked for', async () => {
    const running = await Running.start()
    await running.take(society(20))
    const first = await running.feed({ userId: 'ada', limit: 5 })
    await running.publish(
      tie('ada', 'author-0', 'block', { at: Date.now() }),
      ...[1, 6].map((index) => post(`p${index}`, 'author-1', { action: 'deleted', at: Date.now() })),
    )
    const { items } = await running.feed({ userId: 'ada', limit: 100, cursor: first.cursor! })
    expect(items.filter(({ authorId }) => authorId === 'author-0')).toEqual([])
    expect(items.map(({ postId }) => postId).filter((id) => id === 'p1' || id === 'p6')).toEqual([])
  })
})

test('what a viewer refuses on one page is on none that follow, and the answer and its explanation say why', async () => {
  const running = await Running.start()
  await running.take(society(20))
  const first = await running.feed({ userId: 'ada', limit: 2 })
  const shown: string[] = first.items.map(({ postId }) => postId)
  const of = (author: number): string[] =>
    Array.from({ length: 20 }, (_, index) => `p${index}`).filter(
      (postId, index) => index % 5 === author && !shown.includes(postId),
    )
  const [hidden, reported] = [of(1)[0]!, of(1)[1]!]
  await running.publish(
    reaction('ada', hidden, 'author-1', 'hide', { at: Date.now() }),
    reaction('ada', reported, 'author-1', 'report', { at: Date.now() }),
    reaction('ada', of(0)[0]!, 'author-0', 'see_less', { at: Date.now() }),
  )
  await running.embedded.settled()
  const { items, meta } = await running.feed({ userId: 'ada', limit: 100, cursor: first.cursor! })
  const refused: string[] = [hidden, reported, ...of(0)]
  expect(items.map(({ postId }) => postId).filter((postId) => refused.includes(postId))).toEqual([])
  expect(items).toHaveLength(20 - shown.length - refused.length)
  expect([meta.removed.hidden, meta.removed.fatigue]).toEqual([2, of(0).length])
  for (const [postId, filter] of [
    [hidden, 'hidden'],
    [of(0)[1]!, 'fatigue'],
  ]) {
    const { body } = await running.get(`/v1/feed/${meta.requestId}/explain/${postId}`)
    expect([body['outcome'], body['filter']]).toEqual(['removed', filter])
  }
})

test('a page that is read in parts shows nothing of an author who was blocked between them', async () => {
  const running = await Running.start()
  await running.take(Array.from({ length: 20 }, (_, index) => post(`p${index}`, `author-${index}`)))
  const { items: order } = await running.feed({ userId: 'ada', limit: 20, preview: 'true' })
  const { cursor } = await running.feed({ userId: 'ada', limit: 1 })
  const deleted = order.slice(2, 7)
  const blocked = order[1]!
  await running.take(
    deleted.map(({ postId, authorId }) => post(postId, authorId, { action: 'deleted', at: Date.now() })),
  )
  const { rowsNow } = running.embedded
  const read = rowsNow.read.bind(rowsNow)
  let parts = 0
  rowsNow.read = async (store, key) => {
    if (store === 'connections' && ++parts === 2) {
      await running.take([tie('ada', blocked.authorId, 'block', { at: Date.now() })])
    }
    return read(store, key)
  }
  const { items, meta } = await running.feed({ userId: 'ada', limit: 2, cursor: cursor! })
  expect(parts).toBe(2)
  expect(items.map(({ postId }) => postId)).toEqual([order[7]!.postId])
  expect(meta.removed['kept-apart']).toBe(1)
})

describe('a cursor', () => {
  test('answers the same page when it is sent again', async () => {
    const running = await Running.start()
    await running.take(society(12))
    const { cursor } = await running.feed({ userId: 'ada', limit: 4 })
    const pages = await Promise.all(
      [1, 2].map(() => running.feed({ userId: 'ada', limit: 4, cursor: cursor! })),
    )
    expect(pages[1]!.items).toEqual(pages[0]!.items)
    expect(pages[1]!.meta.requestId).not.toBe(pages[0]!.meta.requestId)
  })

  test('is refused for another user, also when its ranking is no longer kept', async () => {
    for (const sessions of [{}, { sessionsMax: 0 }]) {
      const running = await Running.start({ sessions })
      await running.take(society(12))
      const { cursor } = await running.feed({ userId: 'ada', limit: 4 })
      const { status, body } = await running.get(`/v1/feed?userId=eve&cursor=${cursor!}`)
      expect([status, body['code'], body['field']]).toEqual([403, 'CURSOR_FOREIGN', 'cursor'])
      expect(body['message']).toMatch(/[Ll]oad the feed anew/)
    }
  })

  test.each([
    ['no longer kept', { sessionsMax: 0 }],
    ['not used for too long', { timeToLiveMs: -1 }],
  ])('goes on with the rest, ranked anew, when its ranking was %s', async (_name, sessions) => {
    const running = await Running.start({ sessions })
    await running.take(society(23))
    const { postIds, positions } = await readAll(running, 'ada', 4)
    expect([...postIds].sort()).toEqual(Array.from({ length: 23 }, (_, index) => `p${index}`).sort())
    expect(positions).toEqual([...postIds.keys()])
  })

  test('whose ranking is gone says how many posts the pages before have come past', async () => {
    const running = await Running.start({ sessions: { sessionsMax: 0 } })
    await running.take(society(9))
    const first = await running.feed({ userId: 'ada', limit: 4 })
    const second = await running.feed({ userId: 'ada', limit: 4, cursor: first.cursor! })
    expect([first.meta.removed.passed, second.meta.removed.passed]).toEqual([0, 4])
    expect(second.meta.sessionId).not.toBe(first.meta.sessionId)
    const { body } = await running.get(`/v1/feed/${second.meta.requestId}/explain/${first.items[0]!.postId}`)
    expect([body['outcome'], body['filter']]).toEqual(['removed', 'passed'])
  })

  test('of one server is taken by another that has the same secret and posts', async () => {
    const cursorSecret = 'shared by both of these servers, and nobody else'
    const [one, other] = await Promise.all([Running.start({ cursorSecret }), Running.start({ cursorSecret })])
    for (const running of [one, other]) await running.take(society(9))
    const first = await one.feed({ userId: 'ada', limit: 5 })
    const second = await other.feed({ userId: 'ada', limit: 5, cursor: first.cursor! })
    const shown = [...first.items, ...second.items].map(({ postId }) => postId)
    expect(shown.sort()).toEqual(Array.from({ length: 9 }, (_, index) => `p${index}`))
    const stranger = await Running.start()
    const { status } = await stranger.get(`/v1/feed?userId=ada&cursor=${first.cursor!}`)
    expect(status).toBe(400)
  })

  test('that the server never gave is refused', async () => {
    const running = await Running.start()
    const { status, body } = await running.get('/v1/feed?userId=ada&cursor=AAAA')
    expect([status, body['code'], body['field']]).toEqual([400, 'CURSOR_INVALID', 'cursor'])
  })
})
