import { describe, expect, it } from 'vitest'
import type { Store } from '../../engine/state/store.ts'
import { PrivacyRun } from './privacy/run.ts'

/** The long form: `FRESHET_GRAPHS=100000`, some minutes. */
const GRAPHS = Number(process.env['FRESHET_GRAPHS'] ?? 200)
const FIRST_GRAPH = Number(process.env['FRESHET_FIRST_GRAPH'] ?? 0)
/** Graphs that share stores, so that stores are neither made for each nor grow without end. */
const GRAPHS_PER_STORE = 200
const GRAPH_MS_MAX = 100

describe('whatever people, posts, audiences, blocks and moderation do, also while a feed is made', () => {
  it(
    `no post is shown to a viewer who may not see it, in ${GRAPHS} random graphs`,
    async () => {
      let held = new Map<string, Store>()
      const tally = { shown: 0, forbidden: 0, keptBack: 0, waited: 0 }
      for (let seed = FIRST_GRAPH; seed < FIRST_GRAPH + GRAPHS; seed++) {
        if (seed % GRAPHS_PER_STORE === 0) held = new Map()
        const run = new PrivacyRun(seed, held, seed % GRAPHS_PER_STORE)
        for (const { viewer, shown, allowed, keptBack, waited } of await run.feeds()) {
          expect(
            shown.filter((post) => !allowed.includes(post)),
            `seed ${seed}, for ${viewer}`,
          ).toEqual([])
          tally.shown += shown.length
          tally.forbidden += 6 - allowed.length
          tally.keptBack += keptBack
          if (waited) tally.waited++
        }
        const { viewer, shown, allowed, keptBack } = await run.settledFeed()
        const foreign = allowed.filter((post) => !run.isOwn(viewer, post))
        expect(shown.toSorted(), `seed ${seed}, settled, for ${viewer}`).toEqual(foreign.toSorted())
        expect(keptBack, `seed ${seed}, settled`).toBe(0)
      }
      for (const [what, count] of Object.entries(tally)) expect(count, what).toBeGreaterThan(GRAPHS / 200)
    },
    GRAPHS * GRAPH_MS_MAX + 10_000,
  )
})
