import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { reaction } from '../community.ts'
import { Running } from '../running.ts'

/** Sends bytes as they are; answers what comes back until the server hangs up. */
const send = async (running: Running, text: string): Promise<{ socket: Socket; answer: Promise<string> }> => {
  const { hostname, port } = new URL(running.url)
  const socket = connect(Number(port), hostname)
  let received = ''
  socket.on('data', (chunk) => (received += chunk.toString()))
  const answer = new Promise<string>((resolve) => socket.once('close', () => resolve(received)))
  socket.on('error', () => undefined)
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  socket.write(text)
  return { socket, answer }
}

const HEAD = 'POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n'

const inLog = (running: Running): number => running.embedded.log.endOffset('reactions', 0)

test('a body that does not arrive in time is refused, and its memory given back', async () => {
  const running = await Running.start({ limits: { requestTimeoutMs: 200 } })
  const { answer } = await send(running, `${HEAD}content-length: 1000\r\n\r\n{"topic"`)
  expect(await answer).toContain('"code":"REQUEST_TIMEOUT"')
  expect((await running.publish(reaction('ada', 'p1', 'bea', 'like'))).status).toBe(200)
})

test('headers that do not end in time are refused', async () => {
  const running = await Running.start({ limits: { requestTimeoutMs: 200 } })
  const { answer } = await send(running, HEAD)
  expect(await answer).toContain('"code":"REQUEST_TIMEOUT"')
})

test('a connection on which nothing moves does not keep its place, though its client never closes it', async () => {
  const running = await Running.start({ limits: { requestTimeoutMs: 200, silentMs: 300, connectionsMax: 1 } })
  const { hostname, port } = new URL(running.url)
  const silent = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
  onTestFinished(() => void silent.destroy())
  silent.on('error', () => undefined)
  await new Promise<void>((resolve) => silent.once('connect', resolve))
  await expect(running.get('/healthz')).rejects.toThrow('fetch failed')
  await expect.poll(async () => (await running.get('/healthz')).status, { timeout: 20_000 }).toBe(200)
})

test('headers beyond the limit are refused', async () => {
  const running = await Running.start()
  const { answer } = await send(running, `${HEAD}x-large: ${'x'.repeat(32 << 10)}\r\n\r\n`)
  expect(await answer).toMatch(/^HTTP\/1\.1 431 [^]*"code":"HEADERS_TOO_LARGE"/)
})

test('what is no HTTP is refused', async () => {
  const running = await Running.start()
  const { answer } = await send(running, '\0\0\0\0 nonsense\r\n\r\n')
  expect(await answer).toMatch(/^HTTP\/1\.1 400 [^]*"code":"BAD_REQUEST"/)
})

test('a body that breaks off is not accepted', async () => {
  const running = await Running.start()
  const body = JSON.stringify(reaction('ada', 'p1', 'bea', 'like'))
  const { socket } = await send(running, `${HEAD}content-length: ${body.length + 1}\r\n\r\n${body}`)
  await pause(50)
  socket.destroy()
  await pause(50)
  expect(inLog(running)).toBe(0)
  expect((await running.get('/healthz')).status).toBe(200)
})

test('bodies on their way share a budget; beyond it senders are put off', async () => {
  const running = await Running.start({ limits: { bodiesBytesMax: 1_000 } })
  const { socket, answer } = await send(running, `${HEAD}content-length: 900\r\n\r\n{`)
  await pause(50)
  const refused = await running.post('/v1/events', ' '.repeat(200))
  expect([refused.status, refused.body['code']]).toEqual([503, 'TOO_BUSY'])
  expect(refused.headers.get('retry-after')).toBe('1')
  socket.destroy()
  await answer
  await pause(50)
  expect((await running.post('/v1/events', ' '.repeat(200))).body['code']).toBe('NO_EVENTS')
})

test('a body of unknown length is reckoned as the largest', async () => {
  const running = await Running.start({ limits: { bodiesBytesMax: 1_000, eventBodyBytesMax: 900 } })
  const { socket } = await send(running, `${HEAD}transfer-encoding: chunked\r\n\r\n`)
  await pause(50)
  expect((await running.post('/v1/events', ' '.repeat(200))).status).toBe(503)
  socket.destroy()
})

test('a compressed body is refused by name', async () => {
  const running = await Running.start()
  const response = await fetch(`${running.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: Buffer.from([0x1f, 0x8b]),
  })
  expect(response.status).toBe(415)
  expect(await response.json()).toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' })
})

test('a stop ends with requests under way, and takes no more', async () => {
  const running = await Running.start()
  const { answer } = await send(running, `${HEAD}content-length: 900\r\n\r\n{`)
  await pause(50)
  const stopping = running.stop()
  await expect(running.get('/healthz')).rejects.toThrow('fetch failed')
  await stopping
  expect(await answer).not.toContain('HTTP/1.1 200')
})
