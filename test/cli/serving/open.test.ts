import { expect, test } from 'vitest'
import { RemoteRows } from '../../../cli/remote/remote-rows.ts'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { openData } from '../../../cli/runtime/open.ts'
import { openServing } from '../../../cli/serving/open.ts'
import { NO_STAGE_METRICS } from '../../../serving/pipeline/metrics.ts'
import { NearCache } from '../../../features/store/near-cache.ts'
import { openEnvelope } from '../../../schemas/envelope.ts'
import type { UserId } from '../../../schemas/ids.ts'
import { StateRows } from '../../../serving/state-rows.ts'
import { event, post, type PublishedEvent, tie } from '../community.ts'
import { temporaryDirectory } from '../temporary.ts'

const HOUR_MS = 3_600_000

test('what rows near by still show, nobody is shown once it is deleted, narrowed or removed', async () => {
  const data = await temporaryDirectory()
  const { embedded } = await openData({ data })
  const cache = new NearCache(
    {
      readRows: async (store, keys) =>
        (await embedded.rows.readMany(store, keys)).map((row) =>
          row === undefined ? null : Buffer.from(row),
        ),
    },
    {
      rowsMax: 10_000,
      freshMsMax: HOUR_MS,
      staleMsMax: HOUR_MS,
      isShared: () => true,
      isKept: () => true,
      monotonicMs: () => systemClock.monotonicMs(),
    },
  )
  const serving = await openServing({
    backend: {
      rows: new StateRows(new RemoteRows(cache, () => true)),
      rowsNow: new StateRows(new RemoteRows(cache.anew, () => true)),
      features: embedded.features,
      restrictions: embedded.restrictions,
      publisher: () => embedded.publisher(),
      newestEventAt: () => embedded.newestEventAt(),
      degraded: () => [],
    },
    data,
    clock: systemClock,
    metrics: NO_STAGE_METRICS,
    retrieves: false,
  })
  const publish = async (events: readonly PublishedEvent[]): Promise<void> => {
    await embedded.publish(events.map((event) => openEnvelope(event)))
    await embedded.settled()
  }
  const shown = async (): Promise<readonly string[]> => {
    const query = { userId: 'ann' as UserId, limit: 10, asOf: systemClock.now() }
    const { items } = await serving.feeds.page({ ...query, device: null, surface: null, preview: true }, null)
    return items.map(({ postId }) => postId).toSorted()
  }
  const ids = ['deleted', 'kept', 'narrowed', 'removed']
  await publish([tie('ann', 'bob', 'follow'), ...ids.map((id) => post(id, 'bob'))])
  expect(await shown()).toEqual(ids)
  const at = Date.now()
  await publish([
    post('deleted', 'bob', { action: 'deleted', at }),
    post('narrowed', 'bob', { action: 'edited', audience: 'friends', at }),
    event('integrity', { postId: 'removed', verdict: 'remove', scores: {}, at }),
  ])
  embedded.restrictions.settle()
  expect(embedded.restrictions.size).toBe(0)
  expect(await shown()).toEqual(['kept'])
  await serving.close()
  await embedded.close()
})
