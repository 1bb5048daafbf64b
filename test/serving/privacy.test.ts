import { describe, expect, it } from 'vitest'
import type { Store } from '../../engine/state/store.ts'
import type { FeedItem } from '../../serving/http/feed-schemas.ts'
import { PrivacyRun, type Shown } from './privacy/run.ts'

/** The long form: `FRESHET_GRAPHS=100000 npx vitest run test/serving/privacy.test.ts`. */
const GRAPHS = Number(process.env['FRESHET_GRAPHS'] ?? 200)
const FIRST_GRAPH = Number(process.env['FRESHET_FIRST_GRAPH'] ?? 0)
/** Graphs that share stores, so that stores are neither made for each nor grow without end. */
const GRAPHS_PER_STORE = 200
const GRAPH_MS_MAX = 100
const START_MS_MAX = 120_000

/** Of the people of a society, those that a post's reason names beside its author. */
const namedIn = ({ reason, authorId }: FeedItem, users: readonly string[]): string[] =>
  users.filter((user) => user !== authorId && reason.text.includes(user))

const postsOf = ({ items }: Shown): string[] => items.map(({ postId }) => postId)

/** How often there was something to get wrong. */
const newTally = () => ({
  shown: 0,
  forbidden: 0,
  keptBack: 0,
  waited: 0,
  laterPages: 0,
  named: 0,
  unnamed: 0,
  comments: 0,
  mention: 0,
  carried: 0,
  touched: 0,
  retrieval: 0,
})

const check = (run: PrivacyRun, each: Shown, about: string, tally: ReturnType<typeof newTally>): void => {
  const { viewer, items, oracle, page } = each
  const { users, postIds } = run.society
  const forbidden = postIds.filter((post) => !oracle.maySee(viewer, post))
  expect(
    postsOf(each).filter((post) => forbidden.includes(post)),
    about,
  ).toEqual([])
  const strangers = users.filter((user) => !oracle.mayBeNamed(viewer, user))
  for (const item of items) {
    const named = namedIn(item, users)
    expect(
      named.filter((user) => strangers.includes(user)),
      `${about}: ${item.reason.text}`,
    ).toEqual([])
    tally.named += named.length
    const { source } = item.reason
    if (source in tally) tally[source as 'comments']++
    if (source !== 'comments') continue
    expect(oracle.mayHearOf(viewer, item.postId), `${about}: ${item.reason.text}`).toBe(true)
    tally.unnamed += strangers.length
  }
  tally.shown += items.length
  tally.forbidden += forbidden.length
  tally.keptBack += each.keptBack
  if (each.waited) tally.waited++
  if (page > 0 && items.length > 0) tally.laterPages++
}

describe('whatever people, posts, audiences, blocks, comments and moderation do, also while a feed is made', () => {
  it(
    `no post is shown to a viewer who may not see it, and nobody named whom they are kept apart from, in ${GRAPHS} random graphs`,
    async () => {
      let held = new Map<string, Store>()
      const tally = newTally()
      for (let seed = FIRST_GRAPH; seed < FIRST_GRAPH + GRAPHS; seed++) {
        if (seed % GRAPHS_PER_STORE === 0) held = new Map()
        const run = new PrivacyRun(seed, held, seed % GRAPHS_PER_STORE)
        for (const each of await run.feeds()) {
          check(run, each, `seed ${seed}, page ${each.page} for ${each.viewer}`, tally)
        }
        const settled = await run.settledFeed()
        const about = `seed ${seed}, settled, for ${settled.viewer}`
        check(run, settled, about, tally)
        expect(settled.waited, about).toBe(false)
        const missing = run.duePosts(settled).filter((post) => !postsOf(settled).includes(post))
        expect(missing, about).toEqual([])
      }
      for (const [what, count] of Object.entries(tally)) expect(count, what).toBeGreaterThan(GRAPHS / 200)
    },
    GRAPHS * GRAPH_MS_MAX + START_MS_MAX,
  )
})
