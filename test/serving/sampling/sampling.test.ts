import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readSample } from '../../../models/distillation/logged-sample.ts'
import { SAMPLE_ROWS, SAMPLE_TOP } from '../../../models/distillation/ranking-sample.ts'
import { LIGHT_NETWORK } from '../../../models/rankers.ts'
import { rankingSamples } from '../../../schemas/ranking-samples/index.ts'
import { type Candidate, candidateOf } from '../../../serving/candidate.ts'
import type { FeedQuery } from '../../../serving/query.ts'
import { PASS_0_KEPT_MAX } from '../../../serving/quotas.ts'
import {
  EXPLORED_PLACES,
  exploredShare,
  isSampled,
  keptPlaces,
  SAMPLED_SHARE,
} from '../../../serving/sampling/explored.ts'
import { type RankedWhole, rankingSampleOf } from '../../../serving/sampling/ranking-sample.ts'
import { SampleLog, SAMPLES_WAITING_MAX } from '../../../serving/sampling/sample-log.ts'
import type { SnapshotManifest } from '../../../models/snapshot/manifest.ts'
import { anEntry } from '../../processors/events.ts'
import { requestId } from '../../processors/personal-events.ts'
import { aQuery } from '../feeds.ts'

const query = (user: number): FeedQuery => aQuery({ userId: `user-${user}` })
const users = Array.from({ length: 2_000 }, (_, user) => user)
const sampledUser = users.find((user) => isSampled(query(user)))!
const otherUser = users.find((user) => !isSampled(query(user)))!
const orderOf = (count: number): Uint32Array =>
  Uint32Array.from({ length: count }, (_, place) => count - 1 - place)

describe('which requests are sampled', () => {
  it('hangs on who asks and when alone, and is about one in twenty', () => {
    const share = users.filter((user) => isSampled(query(user))).length / users.length
    expect(Math.abs(share - SAMPLED_SHARE)).toBeLessThan(0.02)
    expect(isSampled(query(sampledUser))).toBe(true)
  })

  it('is none that somebody only looks by: nothing would be learned of it, and its feed be another', () => {
    const preview = { ...query(sampledUser), preview: true }
    expect(isSampled(preview)).toBe(false)
    expect(keptPlaces(orderOf(900), preview)).toEqual(orderOf(900).slice(0, PASS_0_KEPT_MAX))
  })
})

describe('what pass 0 keeps', () => {
  it('is the best, where a request is not sampled or nothing is dropped', () => {
    expect(keptPlaces(orderOf(900), query(otherUser))).toEqual(orderOf(900).slice(0, PASS_0_KEPT_MAX))
    expect(keptPlaces(orderOf(300), query(sampledUser))).toEqual(orderOf(300))
  })

  it('is the best and some of those beyond, where one is: each once, spread over all', () => {
    fc.assert(
      fc.property(fc.integer({ min: PASS_0_KEPT_MAX + 1, max: 3_000 }), (count) => {
        const kept = keptPlaces(orderOf(count), query(sampledUser))
        const first = PASS_0_KEPT_MAX - EXPLORED_PLACES
        expect(kept).toHaveLength(PASS_0_KEPT_MAX)
        expect(new Set(kept).size).toBe(PASS_0_KEPT_MAX)
        expect(kept.slice(0, first)).toEqual(orderOf(count).slice(0, first))
        expect(Math.max(...kept)).toBeLessThan(count)
        expect(first + exploredShare(count) * EXPLORED_PLACES).toBeCloseTo(count)
      }),
    )
  })
})

/** A request of so many candidates, each with its number in its first column and as its value. */
const ranked = (count: number, fields: Partial<FeedQuery> = {}): RankedWhole => {
  const { width } = LIGHT_NETWORK.row
  const rows = new Float32Array(count * width)
  const eligible = Array.from({ length: count }, (_, index): Candidate => {
    rows[index * width] = index + 1
    return { ...candidateOf(anEntry({ postId: `p${index}` }), 'friend'), lightRank: count - 1 - index }
  })
  const order = keptPlaces(orderOf(count), query(sampledUser))
  const survivors = Array.from(order, (index, place) =>
    Object.assign(eligible[index]!, { expectedValue: 1 / (1 + place), heavyRank: place }),
  )
  const manifest = { version: 'v', columnsHash: LIGHT_NETWORK.row.hash } as SnapshotManifest
  return {
    query: { ...query(sampledUser), ...fields },
    eligible,
    survivors,
    ranking: { lightRows: { rows, width }, manifests: { heavy: manifest, light: manifest } },
  }
}

describe('a sample of a ranking', () => {
  it('holds rows, values and shares of candidates, best first, and stands for all of them', () => {
    const logged = rankingSampleOf(ranked(1_500), requestId('r-1'))!
    const shares = logged.candidates.map(({ share }) => share)
    expect(shares.slice(0, SAMPLE_TOP)).toEqual(Array(SAMPLE_TOP).fill(1))
    const total = shares.reduce((sum, share) => sum + share, 0)
    expect(total).toBeGreaterThan(700)
    expect(total).toBeLessThan(3_000)
    rankingSamples.check(logged)
    const { rows, values } = readSample(logged)!
    expect(rows[0]).toBe(1_500)
    expect([...values]).toEqual([...values].toSorted((one, other) => other - one))
    expect(values).toHaveLength(SAMPLE_ROWS)
  })

  it('is none of requests that are not sampled, that somebody only looked at, that are short, or not scored', () => {
    expect(rankingSampleOf(ranked(1_500, { userId: query(otherUser).userId }), requestId('r'))).toBeNull()
    expect(rankingSampleOf(ranked(1_500, { preview: true }), requestId('r'))).toBeNull()
    expect(rankingSampleOf(ranked(SAMPLE_ROWS - 1), requestId('r'))).toBeNull()
    const unscored = ranked(1_500)
    expect(
      rankingSampleOf({ ...unscored, ranking: { ...unscored.ranking, lightRows: null } }, requestId('r')),
    ).toBeNull()
  })

  it('is not learned from where its columns are others', () => {
    const logged = rankingSampleOf(ranked(1_500), requestId('r-1'))!
    expect(readSample({ ...logged, columnsHash: 'other' })).toBeNull()
    expect(readSample({ ...logged, candidates: logged.candidates.slice(1) })).toBeNull()
  })
})

describe('the log of samples', () => {
  const sample = rankingSampleOf(ranked(1_500), requestId('r-1'))!

  it('writes behind requests, in batches, and drops what cannot be written or waits beyond the limit', async () => {
    const batches: number[] = []
    let fails = false
    let release = (): void => undefined
    const log = new SampleLog(async (some) => {
      await new Promise<void>((resolve) => (release = resolve))
      if (fails) throw new Error('the disk is full')
      batches.push(some.length)
    })
    for (let index = 0; index < SAMPLES_WAITING_MAX + 3; index++) log.add(sample)
    release()
    await new Promise((resolve) => setImmediate(resolve))
    release()
    await log.close()
    expect(batches).toEqual([1, SAMPLES_WAITING_MAX])
    expect(log.counts).toEqual({ written: SAMPLES_WAITING_MAX + 1, dropped: 2 })
    fails = true
    log.add(sample)
    release()
    await log.close()
    expect(log.counts.dropped).toBe(3)
  })
})
