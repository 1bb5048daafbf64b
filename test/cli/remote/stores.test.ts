import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isLastingRow } from '../../../cli/remote/lasting-rows.ts'
import { ServedStores } from '../../../cli/remote/stores.ts'
import { ByteWriter } from '../../../engine/bytes.ts'
import { isProcessor, plansOf } from '../../../engine/topology.ts'
import { RANKING_VIEWS } from '../../../models/ranking-row.ts'
import { integrity } from '../../../processors/integrity.ts'
import { DAY_MS, type EventId, millis } from '../../../schemas/ids.ts'
import { VERDICTS, type Verdict } from '../../../schemas/integrity/index.ts'
import { COMMENTED_AGE_MAX_MS, POST_AGE_MAX_MS } from '../../../serving/quotas.ts'
import { everything, views } from '../../../topologies/index.ts'

const served = new ServedStores(everything)
const all = everything.nodes.filter(isProcessor).map(({ name }) => name)

describe('stores that are carried to Redis', () => {
  test('are all that serving names, and all that rows for ranking are made of', () => {
    const named = new Set(
      globSync('serving/**/*.ts').flatMap((file) =>
        [...readFileSync(file, 'utf8').matchAll(/'([a-z-]+)'/g)].map(([, text]) => text!),
      ),
    )
    const read = all.filter((name) => named.has(name))
    expect(read.length).toBeGreaterThan(10)
    expect(served.names()).toEqual(expect.arrayContaining(read))
    expect(served.names()).toEqual(expect.arrayContaining(RANKING_VIEWS.map(({ name }) => name)))
  })

  test('are each of one key space, and live as long as their view says', () => {
    const spaces = plansOf(everything).map(({ keySpace }) => keySpace)
    expect(spaces.flatMap(served.namesOf).toSorted()).toEqual(served.names())
    expect(served.timeToLiveMs('user-author')).toBe(views.get('user-author')!.timeToLiveMs)
    expect(served.timeToLiveMs('connections')).toBeUndefined()
  })

  test('have a time to live longer than any source may give a post, but for what forbids or only they tell', () => {
    const lasting = served.names().filter((name) => served.timeToLiveMs(name) === undefined)
    expect(lasting).toEqual([
      'connections',
      'experiment-totals',
      'followers',
      'hidden-posts',
      'profiles',
      'see-less',
    ])
    // Those of views are read as never seen after their own time, wherever they lie.
    const lives = served.names().flatMap((name) => (views.has(name) ? [] : (served.timeToLiveMs(name) ?? [])))
    expect(Math.min(...lives)).toBeGreaterThan(Math.max(POST_AGE_MAX_MS, COMMENTED_AGE_MAX_MS) + 7 * DAY_MS)
  })

  test('keep what moderation forbids or holds down, and not what it allows', () => {
    const judged = (verdict: Verdict): Buffer => {
      const row = new ByteWriter(64)
      row.u8(integrity.state.version)
      const newest = { verdict, scores: new Map([['spam', 0.5]]), at: millis(7), eventId: 'e' as EventId }
      integrity.state.write({ newest }, row)
      return row.copy()
    }
    expect(VERDICTS.filter((verdict) => isLastingRow('integrity', judged(verdict)))).toEqual([
      'downrank',
      'remove',
    ])
    expect(isLastingRow('integrity', Buffer.from([99]))).toBe(true)
    expect(isLastingRow('post-attributes', judged('remove'))).toBe(false)
  })

  test('are not those that processors keep for themselves', () => {
    expect(served.has('label-join')).toBe(false)
    expect(all.length).toBeGreaterThan(served.names().length)
  })

  test('are kept near unless they hold a row for each pair; what many feeds read is shared', () => {
    expect([served.isKept('user-author'), served.isKept('connections'), served.isKept('post')]).toEqual([
      false,
      true,
      true,
    ])
    expect([served.isShared('connections'), served.isShared('profiles'), served.isShared('post')]).toEqual([
      false,
      true,
      true,
    ])
  })
})
