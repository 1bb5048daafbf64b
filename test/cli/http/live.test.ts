import { expect, onTestFinished, test } from 'vitest'
import type { LiveReport } from '../../../cli/live/live-figures.ts'
import { post, reaction } from '../community.ts'
import { Running } from '../running.ts'

/** Hears `/v1/live` until it is told to stop, or the server ends it. */
class Listener {
  readonly reports: LiveReport[] = []
  readonly ended: Promise<void>
  private readonly stopping = new AbortController()

  constructor(response: Response) {
    this.ended = this.hear(response.body!)
    onTestFinished(() => this.stop())
  }

  static async open(running: Running): Promise<Listener> {
    return new Listener(await fetch(`${running.url}/v1/live`))
  }

  stop(): void {
    this.stopping.abort()
  }

  private async hear(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder()
    let text = ''
    const reader = body.getReader()
    this.stopping.signal.addEventListener('abort', () => void reader.cancel())
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      text += decoder.decode(read.value, { stream: true })
      const events = text.split('\n\n')
      text = events.pop()!
      for (const event of events) this.reports.push(JSON.parse(event.replace(/^data: /, '')) as LiveReport)
    }
  }
}

test('each listener is told at once, and then every second, of events, their freshness, and feeds', async () => {
  const running = await Running.start()
  const listener = await Listener.open(running)
  await expect.poll(() => listener.reports).toHaveLength(1)
  expect(listener.reports[0]).toEqual({
    eventsPerS: 0,
    freshnessMs: null,
    feedsPerS: 0,
    feedP50Ms: null,
    feedP99Ms: null,
  })
  await running.publish(post('p1', 'bea'), reaction('ada', 'p1', 'bea', 'view'))
  await running.get('/v1/feed?userId=ada')
  await expect
    .poll(() => listener.reports.at(-1), { timeout: 20_000 })
    .toEqual({
      eventsPerS: 0.4,
      freshnessMs: expect.any(Number),
      feedsPerS: 0.2,
      feedP50Ms: expect.any(Number),
      feedP99Ms: expect.any(Number),
    })
})

test('a feed that is refused is none', async () => {
  const running = await Running.start()
  await running.get('/v1/feed')
  const listener = await Listener.open(running)
  await expect.poll(() => listener.reports.length, { timeout: 20_000 }).toBeGreaterThan(2)
  expect(listener.reports.every(({ feedP50Ms }) => feedP50Ms === null)).toBe(true)
})

test('no more listen at once than the limit, and who leaves makes room', async () => {
  const running = await Running.start({ limits: { liveListenersMax: 2 } })
  const first = await Listener.open(running)
  await Listener.open(running)
  expect(await running.get('/v1/live')).toMatchObject({ status: 503, body: { code: 'TOO_BUSY' } })
  first.stop()
  await expect.poll(async () => (await fetch(`${running.url}/v1/live`)).status).toBe(200)
})

test('who listens does not keep the server from stopping', async () => {
  const running = await Running.start()
  const listener = await Listener.open(running)
  await running.stop()
  await listener.ended
})
