import { request } from 'node:http'
import { expect, test } from 'vitest'
import { FrameWriter } from '../../../engine/log/frame.ts'
import { EngineError } from '../../../engine/errors.ts'
import { answerOf, HTTP_ERRORS, HttpError, type HttpErrorCode } from '../../../cli/http/errors.ts'
import { REGISTRY_ERRORS, RegistryError } from '../../../schemas/registry/errors.ts'
import { post, reaction, tie } from '../community.ts'
import { Running } from '../running.ts'

test('the state of a store is read over HTTP, decoded', async () => {
  const running = await Running.start()
  await running.take([tie('ada', 'bea', 'friend', { closeness: 'close' }), tie('ada', 'adam', 'follow')])
  const row = await running.get('/admin/v1/stores/connections/row?key=ada')
  expect(row.body).toMatchObject({
    store: 'connections',
    key: ['ada'],
    value: { friends: [{ id: 'bea', closeness: 'close' }], follows: [{ id: 'adam' }] },
  })
  const none = await running.get('/admin/v1/stores/connections/row?key=nobody')
  expect(none.body).toEqual({ store: 'connections', key: ['nobody'], bytes: null, asOf: null, value: null })
})

test.each(['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'])(
  'what a proxy on this machine passes on is not asked from this machine: %s',
  async (header) => {
    const running = await Running.start()
    const headers = { [header]: '203.0.113.9' }
    const answer = await fetch(`${running.url}/admin/v1/status`, { headers })
    expect([answer.status, (await answer.json()) as object]).toMatchObject([403, { code: 'LOOPBACK_ONLY' }])
    expect((await fetch(`${running.url}/admin/v1/status`)).status).toBe(200)
  },
)

test('rows are listed in the order of their keys, over every partition', async () => {
  const running = await Running.start({ partitions: 4 })
  await running.take(
    ['dan', 'ada', 'eve', 'bea', 'cem'].map((userId) => reaction(userId, 'p1', 'zoe', 'like')),
  )
  const keysOf = async (query: string): Promise<unknown> => {
    const { body } = await running.get(`/admin/v1/stores/user-author/rows${query}`)
    return (body['rows'] as { key: string[] }[]).map(({ key }) => key[0])
  }
  expect(await keysOf('')).toEqual(['ada', 'bea', 'cem', 'dan', 'eve'])
  expect(await keysOf('?limit=2')).toEqual(['ada', 'bea'])
  expect(await keysOf('?prefix=d')).toEqual(['dan'])
  expect(await keysOf('?prefix=ada%00zoe')).toEqual(['ada'])
})

test('features are read as of a time', async () => {
  const running = await Running.start()
  const at = Date.UTC(2026, 0, 5)
  await running.take([reaction('ada', 'p1', 'bea', 'like', { at })])
  const feature = async (asOf: number): Promise<unknown> => {
    const { body } = await running.get(`/admin/v1/features/user-author?key=ada&key=bea&asOf=${asOf}`)
    return (body['columns'] as Record<string, number>)['user_author.engagements.decayed_1d']
  }
  expect(await feature(at)).toBeCloseTo(1, 3)
  expect(await feature(at + 86_400_000)).toBeCloseTo(0.5, 3)
})

test('names that do not exist are answered with those that do', async () => {
  const running = await Running.start()
  const store = await running.get('/admin/v1/stores/__proto__/row?key=a')
  expect([store.status, store.body['code']]).toEqual([404, 'UNKNOWN_STORE'])
  expect(store.body['message']).toContain('connections')
  const view = await running.get('/admin/v1/features/nope?key=a')
  expect([view.status, view.body['code']]).toEqual([404, 'UNKNOWN_VIEW'])
  for (const { body } of [store, view]) expect(body['message']).toMatch(/^UNKNOWN_.+\. Use one of these\.$/)
  const key = await running.get('/admin/v1/stores/connections/row?key=a%00b')
  expect([key.status, key.body['code']]).toEqual([400, 'USAGE'])
})

test('dead letters are listed and shown; what still does not decode is not sent again', async () => {
  const running = await Running.start()
  const frame = new FrameWriter()
  const value = Buffer.from('not a record')
  frame.append(Date.now(), Buffer.from('ada'), 0, 3, value, 0, value.length)
  await running.embedded.log.append([{ topic: 'reactions', partition: 0, frame: frame.take() }])
  await running.embedded.settled()
  const list = await running.get('/admin/v1/dead-letters')
  expect(list.body).toMatchObject({
    topics: { reactions: 1 },
    letters: [{ id: 'reactions/0/0', code: 'DECODE_FAILED' }],
  })
  const letter = await running.get('/admin/v1/dead-letters/letter?id=reactions/0/0')
  expect(letter.body).toMatchObject({
    source: { topic: 'reactions', partition: 0, offset: 0 },
    record: null,
    keyHex: Buffer.from('ada').toString('hex'),
    valueHex: value.toString('hex'),
  })
  const replayed = await running.post('/admin/v1/dead-letters/replay', '{"id":"reactions/0/0"}')
  expect([replayed.status, replayed.body['code']]).toEqual([409, 'NOT_REPLAYABLE'])
  await running.embedded.settled()
  expect((await running.get('/admin/v1/dead-letters?topic=reactions')).body).toMatchObject({
    topics: { reactions: 1 },
  })
  for (const id of ['reactions/0/9', 'reactions/9/0', 'nope/0/0', 'reactions', '__proto__/0/0']) {
    const { status, body } = await running.get(`/admin/v1/dead-letters/letter?id=${id}`)
    expect([status, body['code']]).toEqual([404, 'UNKNOWN_LETTER'])
  }
})

test('admin routes answer no other name than this machine’s', async () => {
  const running = await Running.start()
  const status = await new Promise<number | undefined>((resolve, reject) => {
    request(`${running.url}/admin/v1/status`, { headers: { host: 'rebound.example' } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
  expect(status).toBe(403)
})

test('metrics tell of events, tasks and requests, and name no person', async () => {
  const running = await Running.start()
  await running.publish(
    post('secret-post', 'secret-author'),
    reaction('secret-user', 'secret-post', 'secret-author', 'like'),
  )
  await running.feed({ userId: 'secret-user' })
  await running.get('/secret-path')
  const { body } = await running.get('/metrics')
  const text = String(body['text'])
  expect(text).toContain('freshet_accepted_events_total 2')
  expect(text).toMatch(/freshet_http_request_ms_count\{route="\/v1\/feed",status="200"\} 1/)
  expect(text).toMatch(/freshet_commits_total\{task="user-0"\}/)
  expect(text).not.toContain('secret')
})

test('once processing has stopped, the server says so and accepts nothing', async () => {
  const running = await Running.start()
  const stopped = new EngineError('STATE_CORRUPT', 'a row cannot be read')
  running.embedded.worker.round = () => Promise.reject(stopped)
  await expect.poll(async () => (await running.get('/healthz')).status).toBe(500)
  const { status, body } = await running.publish(reaction('ada', 'p1', 'bea', 'like'))
  expect([status, body['code']]).toEqual([500, 'STATE_CORRUPT'])
  expect((await running.get('/v1/feed?userId=ada')).body['code']).toBe('STATE_CORRUPT')
})

test('every error that HTTP knows has a status and a reason', () => {
  for (const code of Object.keys(HTTP_ERRORS) as HttpErrorCode[]) {
    const answer = answerOf(new HttpError(code, 'why', 'field'))
    expect(answer).toMatchObject({
      status: HTTP_ERRORS[code].status,
      body: { code, message: 'why', field: 'field' },
    })
  }
})

test('an error of HTTP that is told no more about says its code’s own words', () => {
  const { about, action } = HTTP_ERRORS.TOO_BUSY
  expect(answerOf(new HttpError('TOO_BUSY'))?.body.message).toBe(`${about} ${action}`)
})

test.each([
  ['BACKLOG_FULL', 503, 1],
  ['LOG_UNAVAILABLE', 503, 1],
  ['DISK_FULL', 507, 5],
  ['DISK_READ_ONLY', 500, null],
  ['DISK_FAILED', 503, 1],
  ['CLOSED', 503, 1],
  ['RECORD_TOO_LARGE', 413, null],
] as const)('%s is answered with %i', (code, status, retryAfterSeconds) => {
  expect(answerOf(new EngineError(code, 'detail'))).toMatchObject({
    status,
    retryAfterSeconds,
    body: { code },
  })
})

test.each([
  ['REGISTRY_UNAVAILABLE', 503, 1],
  ['SCHEMA_REFUSED', 500, null],
] as const)(
  '%s of a schema registry is answered with %i, and with what to do',
  (code, status, retryAfterSeconds) => {
    const { about, action } = REGISTRY_ERRORS[code]
    expect(answerOf(new RegistryError(code, 'detail'))).toEqual({
      status,
      retryAfterSeconds,
      body: { code, message: `${code}: detail. ${about} ${action}` },
    })
  },
)

test('an error that nobody foresaw is answered with nothing of it', () => {
  expect(answerOf(new TypeError('secret'))).toBeNull()
})
