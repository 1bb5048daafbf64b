import { expect, test } from 'vitest'
import { run } from '../../bench/engine.ts'
import { Life } from '../../bench/engine-life.ts'
import { ReactionLoad } from '../../bench/engine-load.ts'
import { run as grow } from '../../bench/growth.ts'
import { openData } from '../../cli/runtime/open.ts'
import { temporaryDirectory } from '../cli/temporary.ts'

const SMALL = { keys: 300, events: 600, seconds: 0.5 }

test('the engine is measured with affinity alone, with everything, and with all that an app publishes, down to a feed, and says how far it is', async () => {
  const lines: string[] = []
  const result = await run({ ...SMALL, told: (line) => lines.push(line) })
  expect(Object.keys(result)).toEqual([
    'keys',
    'affinity_events_per_s',
    'everything_events_per_s',
    'baseline_events_per_s',
    'affinity_ratio',
    'everything_ratio',
    'offered_events_per_s',
    'visible_p50_ms',
    'visible_p99_ms',
    'feature_visible_p50_ms',
    'feature_visible_p99_ms',
    'life',
    'peak_rss_mb',
    'bytes_per_key',
    'disk_bytes_per_key',
    'everything_disk_bytes_per_key',
    'restart_ms',
    'clean_restart_ms',
    'everything_restart_ms',
    'everything_clean_restart_ms',
  ])
  const { life, ...figures } = result
  for (const [figure, value] of Object.entries({ ...figures, ...life }))
    expect(value, figure).toBeGreaterThan(0)
  expect(Object.keys(life)).toEqual([
    'events_per_s',
    'ratio',
    'offered_events_per_s',
    'visible_p50_ms',
    'visible_p99_ms',
    'feature_visible_p50_ms',
    'feature_visible_p99_ms',
    'disk_bytes_per_key',
  ])
  expect(lines).toContain('everything: measuring 600 events')
  expect(lines).toContain('life: measuring 600 events')
})

test('growth tells of a topology what the engine tells of both', async () => {
  const result = await grow({ ...SMALL, topology: 'affinity' })
  expect(result).toMatchObject({ keys: 300, visible_p50_ms: null, visible_p99_ms: null })
  expect(result.baseline_events_per_s).toBeGreaterThan(0)
  expect(result.feature_visible_p99_ms).toBeGreaterThanOrEqual(result.feature_visible_p50_ms)
})

test('a life has events of every kind, and they go together', () => {
  const life = new Life(new ReactionLoad(2_000))
  const at = Date.UTC(2026, 0, 1)
  const events = [...life.society(at), ...life.fill(at), ...life.events(4_000, life.filledAt(at))]
  const topics = Map.groupBy(events, ({ contract }) => contract.topic)
  expect([...topics.keys()].sort()).toEqual(['connections', 'impressions', 'posts', 'profiles', 'reactions'])
  for (const { contract, value } of events) contract.check(value)
  const shown = new Map(
    topics.get('impressions')!.map(({ value }) => {
      const { requestId, candidates } = value as unknown as {
        readonly requestId: string
        readonly candidates: readonly { readonly postId: string }[]
      }
      return [requestId, candidates.map(({ postId }) => postId)]
    }),
  )
  const reactions = topics.get('reactions')!.map(({ value }) => value as Record<string, unknown>)
  const named = reactions.filter(({ requestId }) => requestId !== null)
  expect(named.length).toBeGreaterThan(0)
  for (const { requestId, postId } of named) expect(shown.get(requestId as string)).toContain(postId)
  const given = new Set(reactions.map(({ eventId }) => eventId))
  const undos = reactions.filter(({ undo }) => undo)
  expect(undos.length).toBeGreaterThan(0)
  for (const { eventId } of undos) expect(given).toContain((eventId as string).slice('undo-'.length))
  expect(reactions.some(({ userId }) => userId === null)).toBe(true)
})

test('a life gives every topology work', async () => {
  const life = new Life(new ReactionLoad(300))
  const { embedded } = await openData({ data: await temporaryDirectory() })
  const at = Date.now() - 7_200_000
  await embedded.publish([...life.society(at), ...life.fill(at), ...life.events(2_000, life.filledAt(at))])
  await embedded.settled()
  for (const name of [
    'carried-posts',
    'connections',
    'experiment-users',
    'followers',
    'given-reactions',
    'label-slates',
    'post-country',
    'posts-by-hashtag',
    'profiles',
  ]) {
    const [store] = (await embedded.worker.stores(name))!
    expect((await store!.scan({ limit: 1 })).length, name).toBe(1)
  }
  await embedded.close()
})
