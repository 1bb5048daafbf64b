import { expect, test } from 'vitest'
import { StallWatch } from '../../../cli/http/health.ts'
import { openEnvelope } from '../../../schemas/envelope.ts'
import { reaction } from '../community.ts'
import { Running } from '../running.ts'

test('records that wait while nothing is committed are a stall; idleness is none', async () => {
  const running = await Running.start()
  const watch = new StallWatch(running.embedded, 0)
  await running.embedded.settled()
  expect(watch.sample(1_000_000)).toBe(0)
  running.embedded.pause()
  await running.embedded.publish([openEnvelope(reaction('ada', 'p1', 'bea', 'like'))])
  expect(watch.sample(1_001_000)).toBe(1_000)
  expect(watch.sample(1_060_000)).toBe(60_000)
  running.embedded.resume()
  await running.embedded.settled()
  expect(watch.sample(1_061_000)).toBe(0)
})

test('a stalled server is not alive', async () => {
  const running = await Running.start({ limits: { stalledMs: -1 } })
  const { status, body } = await running.get('/healthz')
  expect([status, body['code']]).toEqual([503, 'STALLED'])
})
