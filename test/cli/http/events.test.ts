import { expect, test } from 'vitest'
import { millis, MINUTE_MS } from '../../../schemas/ids.ts'
import { event, ndjson, post, reaction } from '../community.ts'
import { Running } from '../running.ts'

const NDJSON = 'application/x-ndjson'

const reactionsInLog = (running: Running): number => running.embedded.log.endOffset('reactions', 0)

test('one envelope, an array of them and lines of them are accepted', async () => {
  const running = await Running.start()
  const one = await running.post('/v1/events', JSON.stringify(reaction('ada', 'p1', 'bea', 'like')))
  expect([one.status, one.body]).toEqual([200, { accepted: 1, refused: [] }])
  const array = await running.publish(reaction('ada', 'p1', 'bea', 'view'), post('p2', 'bea'))
  expect(array.body).toEqual({ accepted: 2, refused: [] })
  const lines = ndjson([reaction('ada', 'p2', 'bea', 'view'), reaction('eve', 'p2', 'bea', 'view')])
  expect((await running.post('/v1/events', `\n${lines}\n`, NDJSON)).body).toEqual({
    accepted: 2,
    refused: [],
  })
  expect(reactionsInLog(running)).toBe(4)
})

test('what is answered is durable: it is there after a start that follows no clean stop', async () => {
  const running = await Running.start()
  await running.publish(reaction('ada', 'p1', 'bea', 'like'))
  await running.embedded.abandon()
  await running.stop()
  const again = await Running.start({ data: running.data })
  await again.embedded.settled()
  const { body } = await again.get('/admin/v1/features/user-author?key=ada&key=bea')
  expect(body['columns']).toMatchObject({ 'user_author.likes.total': 1 })
})

test('good events are accepted beside bad ones, which are named by line', async () => {
  const running = await Running.start()
  const good = JSON.stringify(reaction('ada', 'p1', 'bea', 'like'))
  const bad = JSON.stringify(reaction('ada', 'p1', 'bea', 'adore'))
  const late = JSON.stringify(reaction('ada', 'p1', 'bea', 'like', { at: Date.now() + 6 * MINUTE_MS }))
  const { status, body } = await running.post(
    '/v1/events',
    [good, bad, '{', '', good, late].join('\n'),
    NDJSON,
  )
  expect(status).toBe(200)
  expect(body).toMatchObject({
    accepted: 2,
    refused: [
      { line: 2, code: 'CONTRACT_BROKEN', rule: 'NOT_IN_ENUM', field: 'kind' },
      { line: 3, code: 'DECODE_FAILED', rule: 'NOT_JSON', field: null },
      { line: 6, code: 'TIME_IN_FUTURE', rule: null, field: 'at' },
    ],
  })
  expect(reactionsInLog(running)).toBe(2)
})

test('an event that is sent again is accepted, and counted once', async () => {
  const running = await Running.start()
  const like = reaction('ada', 'p1', 'bea', 'like')
  for (let time = 0; time < 3; time++)
    expect((await running.publish(like)).body).toMatchObject({ accepted: 1 })
  await running.embedded.settled()
  const { body } = await running.get('/admin/v1/features/post?key=p1')
  expect(body['columns']).toMatchObject({ 'post.likes.total': 1 })
  expect((await running.get('/admin/v1/status')).body).toMatchObject({
    processed: 1,
    duplicates: 2,
    settled: true,
  })
})

test('every public topic has a place, whether anything reads it or not', async () => {
  const running = await Running.start({ partitions: 3 })
  const { body } = await running.publish(
    event('surveys', { userId: 'ada', satisfaction: 4 }),
    event('integrity', { postId: 'p1', verdict: 'allow', scores: { spam: 0.1 } }),
    event('profiles', { userId: 'ada', country: 'GB' }),
    event('erasures', { userId: 'eve' }),
    event('connections', { userId: 'ada', targetId: 'bea', kind: 'follow', action: 'added' }),
  )
  expect(body).toEqual({ accepted: 5, refused: [] })
})

test('while processing is too far behind, events are put off', async () => {
  const running = await Running.start()
  running.embedded.pause()
  const flood = Array.from({ length: 10_000 }, (_, index) => reaction('ada', `p${index}`, 'bea', 'view'))
  const body = ndjson(flood)
  let status = 200
  let batches = 0
  while (status === 200 && batches < 30) {
    const answer = await running.post('/v1/events', body, NDJSON)
    status = answer.status
    if (status === 200) batches++
    else {
      expect(answer.body).toMatchObject({ code: 'BACKLOG_FULL' })
      expect(answer.headers.get('retry-after')).toBe('1')
    }
  }
  expect([status, batches]).toEqual([503, 21])
  expect((await running.get('/readyz')).body).toMatchObject({ code: 'NOT_READY' })
  running.embedded.resume()
  await running.embedded.settled()
  expect((await running.post('/v1/events', body, NDJSON)).status).toBe(200)
  expect((await running.get('/readyz')).status).toBe(200)
}, 60_000)

test('a time is checked against the clock of the server', async () => {
  const clock = { now: () => millis(Date.UTC(2026, 0, 1)), monotonicMs: () => 0 }
  const running = await Running.start({ clock })
  const at = Date.UTC(2026, 0, 1) + 6 * MINUTE_MS
  const { status, body } = await running.publish(reaction('ada', 'p1', 'bea', 'like', { at }))
  expect(status).toBe(409)
  expect(body).toMatchObject({ code: 'EVENTS_AHEAD', field: 'at', accepted: 0 })
})
