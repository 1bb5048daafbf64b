import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LocalSink } from '../../../cli/replay/local-sink.ts'
import { assertReadable } from '../../../cli/intake/event-file.ts'
import { RemoteSink } from '../../../cli/replay/remote-sink.ts'
import { summary } from '../../../cli/replay/run.ts'
import { replay, type ReplayResult } from '../../../cli/replay/replay.ts'
import type { ReplaySink } from '../../../cli/replay/sink.ts'
import type { Refusal } from '../../../cli/intake/refusal.ts'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { openData } from '../../../cli/runtime/open.ts'
import { MINUTE_MS } from '../../../schemas/ids.ts'
import { ndjson, post, reaction } from '../community.ts'
import { Running } from '../running.ts'
import { temporaryDirectory } from '../temporary.ts'

interface Replayed {
  readonly result: ReplayResult
  readonly refused: readonly Refusal[]
}

const play = async (file: string, sink: ReplaySink, speed = Infinity): Promise<Replayed> => {
  const refused: Refusal[] = []
  const result = await replay({
    file,
    speed,
    sink,
    clock: systemClock,
    onRefused: (refusal) => refused.push(refusal),
    onProgress: () => undefined,
  })
  return { result, refused }
}

const playInto = async (data: string, file: string, speed?: number): Promise<Replayed> => {
  const { embedded, counts } = await openData({ data })
  try {
    return await play(file, new LocalSink(embedded, counts, systemClock), speed)
  } finally {
    await embedded.close()
  }
}

const fileOf = async (content: string | Buffer, name = 'events.ndjson'): Promise<string> => {
  const file = join(await temporaryDirectory(), name)
  await writeFile(file, content)
  return file
}

const likes = (count: number) =>
  Array.from({ length: count }, (_, index) => reaction(`u${index % 50}`, `p${index % 20}`, 'bea', 'like'))

describe('a replay into a data directory', () => {
  test('takes in every line, whole or packed, and finds them again as duplicates', async () => {
    const events = likes(9_000)
    const data = await temporaryDirectory()
    const whole = await playInto(data, await fileOf(ndjson(events)))
    expect(whole.result).toMatchObject({
      accepted: 9_000,
      refused: 0,
      late: 0,
      duplicates: 0,
      dead_letters: 0,
    })
    const packed = await playInto(data, await fileOf(gzipSync(ndjson(events)), 'events.ndjson.gz'))
    expect(packed.result).toMatchObject({ accepted: 9_000, duplicates: 9_000 })

    const running = await Running.start({ data })
    const { body } = await running.get('/admin/v1/features/author?key=bea')
    expect(body['columns']).toMatchObject({ 'author.engagements.total': 9_000 })
  })

  test('goes past lines that are refused, and names them', async () => {
    const good = JSON.stringify(reaction('ada', 'p1', 'bea', 'like'))
    const lines = [
      good,
      'nope',
      '',
      `{"topic":"reactions","value":"${'x'.repeat(2 << 20)}"}`,
      JSON.stringify(reaction('ada', 'p1', 'bea', 'like', { at: Date.now() + 6 * MINUTE_MS })),
      JSON.stringify(post('p2', 'bea')),
    ]
    const { result, refused } = await playInto(await temporaryDirectory(), await fileOf(lines.join('\r\n')))
    expect(result).toMatchObject({ accepted: 2, refused: 3 })
    expect(refused.map(({ line, code, rule }) => [line, code, rule])).toEqual([
      [2, 'DECODE_FAILED', 'NOT_JSON'],
      [4, 'CONTRACT_BROKEN', 'TOO_LARGE'],
      [5, 'TIME_IN_FUTURE', null],
    ])
  })

  test('counts late events, and counts them all the same', async () => {
    const at = Date.now() - 10 * MINUTE_MS
    const events = [
      reaction('ada', 'p1', 'bea', 'like', { at }),
      reaction('ada', 'p2', 'bea', 'like', { at: at - 6 * MINUTE_MS }),
    ]
    const { embedded, counts } = await openData({ data: await temporaryDirectory() })
    onTestFinished(() => embedded.close())
    const sink = new LocalSink(embedded, counts, systemClock)
    await play(await fileOf(ndjson(events.slice(0, 1))), sink)
    const { result } = await play(await fileOf(ndjson(events.slice(1))), sink)
    expect(result).toMatchObject({ accepted: 1, late: 1 })
    expect(counts.totals).toEqual({ processed: 2, late: 1, duplicates: 0, deadLetters: 0 })
  })

  test('plays at a multiple of the speed at which it happened', async () => {
    const at = Date.now() - 10 * MINUTE_MS
    const events = [0, 60_000, 120_000].map((after) =>
      reaction('ada', 'p1', 'bea', 'view', { at: at + after }),
    )
    const file = await fileOf(ndjson(events))
    const { result } = await playInto(await temporaryDirectory(), file, 400)
    expect(result.accepted).toBe(3)
    expect(result.seconds).toBeGreaterThan(0.29)
  })

  test('ends with a clear error where the packed file does', async () => {
    const packed = gzipSync(ndjson(likes(9_000)))
    const file = await fileOf(packed.subarray(0, packed.length / 2), 'cut.ndjson.gz')
    await expect(playInto(await temporaryDirectory(), file)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    })
  })

  test.each(['missing.ndjson', '.'])('does not begin with %s', async (name) => {
    await expect(assertReadable(join(await temporaryDirectory(), name))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    })
  })

  test('of an empty file is over at once', async () => {
    const { result } = await playInto(await temporaryDirectory(), await fileOf(''))
    expect(result).toMatchObject({ accepted: 0, refused: 0 })
  })
})

describe('a replay to a running server', () => {
  const RETRY = { waitMs: 5, waitMsMax: 20, giveUpMs: 60_000 }
  const HASTY = { ...RETRY, giveUpMs: 300 }

  test('takes in every line, and says by line of the file what was refused', async () => {
    const running = await Running.start()
    const lines = ndjson(likes(5_000)).split('\n')
    lines.splice(4_500, 0, 'nope', '')
    const sink = await RemoteSink.open(`${running.url}/`, systemClock, RETRY)
    const { result, refused } = await play(await fileOf(lines.join('\n')), sink)
    expect(result).toMatchObject({ accepted: 5_000, refused: 1, late: 0, duplicates: 0, dead_letters: 0 })
    expect(refused).toMatchObject([{ line: 4_501, rule: 'NOT_JSON' }])
    const again = await play(
      await fileOf(lines.join('\n')),
      await RemoteSink.open(running.url, systemClock, RETRY),
    )
    expect(again.result).toMatchObject({ accepted: 5_000, duplicates: 5_000 })
  })

  test('says how many records the server has not processed yet', async () => {
    const running = await Running.start({ paused: true })
    const lines = ndjson(likes(100)).trimEnd().split('\n')
    const sink = await RemoteSink.open(running.url, systemClock, RETRY)
    expect(sink.lagRecords()).toBe(0)
    for (const [index, text] of lines.entries()) {
      const buffer = Buffer.from(text)
      sink.add({ buffer, start: 0, end: buffer.length, number: index + 1, tooLong: false })
    }
    expect(await sink.flush()).toEqual([])
    expect(sink.lagRecords()).toBe(100)
    running.embedded.resume()
    await sink.settle()
    expect(sink.lagRecords()).toBe(0)
  })

  test('goes on when a batch made it but its answer did not', async () => {
    const running = await Running.start()
    let failures = 3
    const proxy = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = []
        for await (const chunk of request) chunks.push(chunk as Buffer)
        const body = Buffer.concat(chunks)
        const answer = await fetch(`${running.url}${request.url}`, {
          method: request.method!,
          headers: { 'content-type': request.headers['content-type'] ?? 'application/json' },
          ...(body.length > 0 && { body }),
        })
        if (request.method === 'POST' && failures-- > 0) {
          if (failures === 0) response.writeHead(503, { 'retry-after': '0' }).end('{"code":"BACKLOG_FULL"}')
          else response.destroy()
        } else response.writeHead(answer.status).end(await answer.text())
      })()
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void proxy.close())
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    const { result } = await play(
      await fileOf(ndjson(likes(100))),
      await RemoteSink.open(url, systemClock, RETRY),
    )
    expect(result).toMatchObject({ accepted: 100, refused: 0 })
    const { body } = await running.get('/admin/v1/features/author?key=bea')
    expect(body['columns']).toMatchObject({ 'author.engagements.total': 100 })
  })

  /** A server that takes every batch, and answers how it stands by the next of these statuses, then by the last of them. */
  const standingAt = async (...statuses: readonly number[]): Promise<string> => {
    const waiting = [...statuses]
    const next = (): number => (waiting.length > 1 ? waiting.shift()! : waiting[0]!)
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        const isBatch = request.url === '/v1/events'
        const status = isBatch ? 200 : next()
        const counts = { processed: 3, late: 0, duplicates: 0, deadLetters: 0 }
        const body = isBatch ? { accepted: 3, refused: [] } : { ...counts, settled: true, lagRecords: 0 }
        response.writeHead(status).end(JSON.stringify(status === 200 ? body : { code: 'NOT_NOW' }))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  const playTo = async (url: string, limits = RETRY): Promise<ReplayResult> => {
    const sink = await RemoteSink.open(url, systemClock, limits)
    return (await play(await fileOf(ndjson(likes(3))), sink)).result
  }

  test('asks again whether all is processed where the server does not answer for a while', async () => {
    const result = await playTo(await standingAt(200, 502, 500, 404, 200))
    expect(result).toMatchObject({ accepted: 3, settled: true, late: 0 })
    expect(summary(result)).toMatch(/^accepted +3, all of them processed$/m)
  })

  test.each([
    ['does not tell', 403],
    ['does not answer in time', 502],
  ])('says that it does not know whether all is processed where the server %s', async (_, status) => {
    const result = await playTo(await standingAt(status), HASTY)
    expect(result).toMatchObject({ accepted: 3, settled: null, late: null })
    expect(summary(result)).toMatch(/^accepted +3; whether they are processed is not known$/m)
  })

  test('gives up with a clear error when nothing answers', async () => {
    const sink = await RemoteSink.open('http://127.0.0.1:9', systemClock, HASTY)
    await expect(play(await fileOf(ndjson(likes(1))), sink)).rejects.toMatchObject({ code: 'NOT_REACHABLE' })
  })

  test.each(['nope', 'ftp://localhost', 'localhost:8080'])('does not begin with the URL %s', async (url) => {
    await expect(RemoteSink.open(url, systemClock)).rejects.toMatchObject({ code: 'USAGE' })
  })
})
