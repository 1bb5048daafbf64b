import { once } from 'node:events'
import { connect } from 'node:net'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cached } from '../../services/cache.ts'
import { nativeServices } from '../../services/index.ts'
import { KeptProcess } from '../../services/native/kept.ts'
import { missing } from './here.ts'

/** What cannot be a container tells whether processes can be had. */
const noRedis = await missing('redis-cluster')

/** What Redis answers to an inline command; undefined when nothing listens. */
const ask = (port: number, command: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`))
    socket.once('data', (bytes) => {
      socket.destroy()
      resolve(bytes.toString().trim())
    })
    socket.on('error', () => undefined)
    // Also one that was accepted and then let go of without a word.
    socket.once('close', () => resolve(undefined))
  })

describe('the cache of downloads', () => {
  let home: string
  const before = process.env['FRESHET_CACHE']

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'freshet-test-'))
    process.env['FRESHET_CACHE'] = home
  })

  afterEach(async () => {
    if (before === undefined) delete process.env['FRESHET_CACHE']
    else process.env['FRESHET_CACHE'] = before
    await rm(home, { recursive: true })
  })

  test('is filled once, also by two at a time', async () => {
    let fillings = 0
    const fill = async (directory: string): Promise<void> => {
      fillings++
      await writeFile(join(directory, 'file'), 'x')
    }
    const [one, other] = await Promise.all([cached('thing', fill), cached('thing', fill)])
    expect(one).toBe(other)
    expect(await readdir(one)).toEqual(['file'])
    const filledBy = fillings
    await cached('thing', fill)
    expect(fillings).toBe(filledBy)
    expect(await readdir(home)).toEqual(['thing'])
  })

  test('holds nothing of a filling that failed', async () => {
    const failing = cached('thing', async (directory) => {
      await writeFile(join(directory, 'half'), 'x')
      throw new Error('cut off')
    })
    await expect(failing).rejects.toThrow('cut off')
    expect(await readdir(home)).toEqual([])
  })
})

describe.skipIf(noRedis !== undefined)(`native services ${noRedis ?? ''}`, () => {
  test('are killed, and come back on the same port', async () => {
    const redis = await nativeServices.redis()
    const first = redis.process.pid
    expect(await ask(redis.port, 'PING')).toBe('+PONG')
    await redis.process.kill()
    expect(await ask(redis.port, 'PING')).toBeUndefined()
    await redis.process.restart()
    expect(await ask(redis.port, 'PING')).toBe('+PONG')
    expect(redis.process.pid).not.toBe(first)
    await redis.stop()
    expect(await ask(redis.port, 'PING')).toBeUndefined()
  })

  test('end with the process that started them, even one killed outright', async () => {
    const args = [join(import.meta.dirname, 'started.ts'), 'redis']
    const starter = new KeptProcess({ program: process.execPath, args })
    const [line] = (await once(starter.stdout, 'data')) as [Buffer]
    const port = Number.parseInt(line.toString(), 10)
    expect(await ask(port, 'PING')).toBe('+PONG')
    starter.signal('SIGKILL')
    await expect.poll(() => ask(port, 'PING'), { timeout: 10_000 }).toBeUndefined()
  })

  test('of a Redis cluster agree on all slots', async () => {
    const cluster = await nativeServices.redisCluster()
    for (const { port } of cluster.nodes) {
      expect(await ask(port, 'CLUSTER INFO')).toContain('cluster_slots_assigned:16384')
    }
    await cluster.stop()
  })
})
