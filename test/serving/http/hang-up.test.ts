import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { TURN_DEFAULTS } from '../../../serving/pipeline/turns.ts'
import { post, tie } from '../../cli/community.ts'
import { Running } from '../../cli/running.ts'
import { aQuery } from '../feeds.ts'

const VIEWERS = TURN_DEFAULTS.atOnceMax + 2

/** A server whose scorers are all taken, so that rankings stand still until they are given back. */
const heldUp = async (): Promise<{ readonly running: Running; readonly goOn: () => void }> => {
  const running = await Running.start()
  await running.take([
    ...Array.from({ length: VIEWERS }, (_, viewer) => tie(`viewer-${viewer}`, 'bea', 'friend')),
    post('p1', 'bea'),
    post('p2', 'bea'),
  ])
  const { scorers } = running.serving
  // As many as it has: one more would wait.
  const first = await scorers.lease()
  const leases = [first, await scorers.lease()]
  const goOn = (): void => leases.splice(0).forEach((lease) => lease.release())
  onTestFinished(goOn)
  return { running, goOn }
}

interface Client {
  readonly socket: Socket
  readonly answer: Promise<string>
}

/** Asks for a feed over a connection of its own; answers what comes back until it is closed. */
const ask = async ({ url }: Running, path: string): Promise<Client> => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let received = ''
  socket.on('data', (chunk) => (received += chunk.toString()))
  socket.on('error', () => undefined)
  const answer = new Promise<string>((resolve) => socket.once('close', () => resolve(received)))
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)
  return { socket, answer }
}

/** The server has heard of it once it has answered what was asked of it after. */
const hangUp = async (running: Running, { socket, answer }: Client): Promise<void> => {
  socket.destroy()
  await answer
  for (let time = 0; time < 2; time++) await running.get('/healthz')
}

test('a feed whose client hung up while it waited is not ranked, and one that was being ranked is not logged as shown', async () => {
  const { running, goOn } = await heldUp()
  const { feeds, scorers, impressions, sessions } = running.serving
  const clients: Client[] = []
  for (let viewer = 0; viewer < VIEWERS; viewer++)
    clients.push(await ask(running, `/v1/feed?userId=viewer-${viewer}`))
  await expect.poll(() => [scorers.stats.waiting, feeds.waitingCount]).toEqual([TURN_DEFAULTS.atOnceMax, 2])
  const [ranked, waiting] = [clients[0]!, clients.at(-1)!]
  await hangUp(running, waiting)
  expect(feeds.waitingCount).toBe(1)
  await hangUp(running, ranked)
  goOn()
  for (const { answer } of clients.slice(1, -1)) expect(await answer).toMatch(/^HTTP\/1\.1 200 /)
  await expect.poll(() => impressions.counts).toMatchObject({ waiting: 0, written: VIEWERS - 2 })
  expect(sessions.size).toBe(VIEWERS - 2)
  expect(feeds.isRanking).toBe(false)
  const told = await (await fetch(`${running.url}/metrics`)).text()
  expect(told).toContain('freshet_http_request_ms_count{route="/v1/feed",status="499"} 2')
})

test('a further page is neither logged nor remembered for a client that is gone, and is there when asked for again', async () => {
  const running = await Running.start()
  await running.take([post('p1', 'bea'), post('p2', 'bea'), tie('ada', 'bea', 'friend')])
  const { feeds, impressions } = running.serving
  const query = { ...aQuery({ userId: 'ada', asOf: Date.now() }), limit: 1 }
  const { cursor } = await feeds.page(query, null)
  await expect.poll(() => impressions.counts.written).toBe(1)
  await expect(feeds.page(query, cursor, AbortSignal.abort())).rejects.toMatchObject({ code: 'CLIENT_GONE' })
  const { items } = await feeds.page(query, cursor, new AbortController().signal)
  expect(items).toHaveLength(1)
  await expect.poll(() => impressions.counts).toMatchObject({ waiting: 0, written: 2 })
})
