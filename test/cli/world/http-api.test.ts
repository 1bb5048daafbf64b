import { createServer } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { API_DEFAULTS, HttpApi } from '../../../cli/world/http-api.ts'
import { DAY_MS, HOUR_MS } from '../../../schemas/ids.ts'
import { Driver } from '../../../world/driver/driver.ts'
import { Ledger } from '../../../world/oracle/ledger.ts'
import { DEFAULT_VALUE_WEIGHTS } from '../../../world/value-weights.ts'
import { makeWorld } from '../../world/recorder.ts'
import { event, post, tie } from '../community.ts'
import { Running } from '../running.ts'

const line = (given: object): string => JSON.stringify(given)

describe('the API over HTTP', () => {
  test('publishes, waits until it is visible, and reads feeds', async () => {
    const running = await Running.start()
    const api = new HttpApi(running.url, systemClock)
    const lines = [tie('ada', 'bea', 'friend'), post('p1', 'bea'), post('p2', 'bea')].map(line)
    expect(await api.publish(lines)).toEqual({ accepted: 3, refused: [] })
    await api.settled()
    const { items } = await api.feed('ada', Date.now(), 5)
    expect(items.map(({ postId }) => postId).toSorted()).toEqual(['p1', 'p2'])
    expect(items.map(({ authorId, position }) => [authorId, position])).toEqual([
      ['bea', 0],
      ['bea', 1],
    ])
    expect((await api.feed('ada', Date.now(), 1)).items).toHaveLength(1)
  })

  test('tells what was refused, some of it or all', async () => {
    const running = await Running.start()
    const api = new HttpApi(running.url, systemClock)
    const bad = event('reactions', { kind: 'love' })
    const some = await api.publish([line(post('p1', 'bea')), line(bad)])
    expect(some).toEqual({ accepted: 1, refused: [expect.stringMatching(/reactions/)] })
    expect(await api.publish([line(bad)])).toMatchObject({ accepted: 0, refused: [expect.any(String)] })
    await expect(api.feed('ada', Date.now(), 1_000)).rejects.toThrow(/\/v1\/feed: BAD_REQUEST/)
  })

  test('asks again while the server is busy, and not for ever', async () => {
    let asked = 0
    const server = createServer((_request, response) => {
      const isReady = ++asked > 3
      response.writeHead(isReady ? 200 : 503, { 'content-type': 'application/json' })
      response.end(JSON.stringify(isReady ? { items: [], meta: { requestId: 'r1' } } : { code: 'TOO_BUSY' }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.close()
      server.closeAllConnections()
    })
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server listens nowhere')
    const url = `http://127.0.0.1:${address.port}`
    const patient = new HttpApi(url, systemClock, { ...API_DEFAULTS, retryMs: 1 })
    expect(await patient.feed('ada', 1, 5)).toEqual({ requestId: 'r1', items: [] })
    expect(asked).toBe(4)
    asked = -1_000_000
    const brief = new HttpApi(url, systemClock, { ...API_DEFAULTS, retryMs: 1, giveUpMs: 20 })
    await expect(brief.feed('ada', 1, 5)).rejects.toThrow(/TOO_BUSY/)
  })
})

test('a world lives over HTTP: all it publishes is accepted, and nobody is shown what is not for them', async () => {
  const running = await Running.start()
  const world = makeWorld({ users: 40, spammerShare: 0.1 })
  const driver = new Driver(world, new HttpApi(running.url, systemClock), { stepMs: HOUR_MS })
  await driver.open()
  await driver.history(world.now + DAY_MS)
  const ledger = new Ledger(world, { weights: DEFAULT_VALUE_WEIGHTS, evaluateOneIn: 1, limit: 20 })
  await driver.run(world.now + DAY_MS, ledger)
  const report = ledger.report()
  expect(report.feeds).toBeGreaterThan(40)
  expect(report.impressions).toBeGreaterThan(300)
  expect(report.forbidden).toBe(0)
  const { body } = await running.get('/admin/v1/status')
  expect(body).toMatchObject({ deadLetters: 0, duplicates: 0 })
})
