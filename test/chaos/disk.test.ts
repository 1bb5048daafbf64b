import { describe, expect, it, onTestFinished, type TestContext } from 'vitest'
import { SmallDisk } from '../conformance/small-disk.ts'
import { LoopDisk } from './disk/loop-disk.ts'
import { Poster } from './disk/poster.ts'
import { FreshetUp } from './server.ts'

const DISK_MIB = 96
const BALLAST_MIB = 48
const BATCHES = 20
/** RocksDB looks for space every five seconds, and a task tries again after as long. */
const SOON = { timeout: 40_000, interval: 250 }

const DISK_FULL = {
  status: 507,
  code: 'DISK_FULL',
  message: expect.stringMatching(/^DISK_FULL: .+No space left on device.+Free space and retry\.$/),
  retryAfter: '5',
}

const DISK_READ_ONLY = {
  status: 500,
  code: 'DISK_READ_ONLY',
  message: expect.stringMatching(
    /^DISK_READ_ONLY: .+Read-only file system.+Make it writable and start again\.$/,
  ),
  retryAfter: null,
}

/** A write that was under way when it happened fails with EIO, one that comes later with EROFS. */
const DISK_LOST = ['DISK_FAILED', 'DISK_READ_ONLY']

const smallDisk = (context: TestContext): SmallDisk => {
  const disk = SmallDisk.mount(DISK_MIB)
  if (typeof disk === 'string') return context.skip(disk)
  onTestFinished(() => disk.unmount())
  disk.occupy(BALLAST_MIB)
  return disk
}

const loopDisk = (context: TestContext): LoopDisk => {
  const disk = LoopDisk.create(DISK_MIB)
  if (typeof disk === 'string') return context.skip(disk)
  onTestFinished(() => disk.remove())
  return disk
}

const start = async (data: string): Promise<FreshetUp> => {
  const up = await FreshetUp.start(data)
  onTestFinished(async () => void (await up.stop('SIGKILL')))
  return up
}

const codeAt = async (up: FreshetUp, path: string): Promise<string> => {
  const response = await fetch(`${up.url}${path}`)
  const { code } = (await response.json()) as { readonly code?: string }
  return code ?? String(response.status)
}

const isSettled = async (up: FreshetUp): Promise<boolean> => {
  const { settled } = (await (await fetch(`${up.url}/admin/v1/status`)).json()) as {
    readonly settled: boolean
  }
  return settled
}

/** Started anew, it has all of what it acknowledged and nothing of what it refused, and takes more. */
const holdsWhatItAcknowledged = async (poster: Poster, data: string): Promise<void> => {
  poster.up = await start(data)
  await expect.poll(() => isSettled(poster.up), SOON).toBe(true)
  expect(await poster.countedInState()).toEqual(poster.expected)
  expect(await poster.post()).toBeNull()
  expect(await poster.up.stop()).toBe(0)
}

describe('freshet up on a full disk', () => {
  it('refuses by name, serves on, holds all that it acknowledged and nothing else, and takes events once there is space', async (context) => {
    const disk = smallDisk(context)
    const up = await start(disk.data)
    const poster = new Poster(up)
    expect(await poster.fill()).toEqual(DISK_FULL)
    expect(await codeAt(up, '/v1/feed?userId=ann')).toBe('200')
    expect(await codeAt(up, '/healthz')).toBe('200')

    disk.free()
    await expect.poll(() => poster.post(), SOON).toBeNull()
    await expect.poll(() => isSettled(up), SOON).toBe(true)
    expect(await poster.countedInState()).toEqual(poster.expected)

    expect(up.crashes).toBe(0)
    expect(await up.stop()).toBe(0)
    await holdsWhatItAcknowledged(poster, disk.data)
  })

  it('killed there, it starts again or says why not; with space it has all that it acknowledged', async (context) => {
    const disk = smallDisk(context)
    const up = await start(disk.data)
    const poster = new Poster(up)
    await poster.fill()
    await up.stop('SIGKILL')

    const again = await start(disk.data).catch((error: unknown) => error)
    if (again instanceof FreshetUp) await again.stop('SIGKILL')
    else
      expect(again).toMatchObject({ exitCode: 1, said: expect.stringMatching(/^freshet: DISK_FULL: .+\n$/) })

    disk.free()
    await holdsWhatItAcknowledged(poster, disk.data)
  })
})

describe('freshet up on a disk that turns read-only', () => {
  it('refuses by name, and says so; read-only from the start, it says so; writable again, it has all that it acknowledged', async (context) => {
    const disk = loopDisk(context)
    const up = await start(disk.data)
    const poster = new Poster(up)
    for (let batch = 0; batch < BATCHES; batch++) expect(await poster.post()).toBeNull()
    await expect.poll(() => isSettled(up), SOON).toBe(true)
    disk.fail()
    expect(await poster.post()).toEqual(DISK_READ_ONLY)
    expect(await codeAt(up, '/healthz')).toBe('DISK_READ_ONLY')
    await expect.poll(() => up.said, SOON).toMatch(/^freshet: DISK_READ_ONLY: .+$/m)
    expect(await poster.post()).toEqual(DISK_READ_ONLY)
    await up.stop()
    expect(up.crashes).toBe(0)

    disk.unmount()
    disk.mount()
    disk.remount('ro')
    expect(await start(disk.data).catch((error: unknown) => error)).toMatchObject({
      exitCode: 1,
      said: expect.stringMatching(/^freshet: DISK_READ_ONLY: .+\n$/),
    })

    disk.remount('rw')
    await holdsWhatItAcknowledged(poster, disk.data)
  })

  it('in the midst of processing, it refuses by name, and says so; writable again, it has all that it acknowledged', async (context) => {
    const disk = loopDisk(context)
    const up = await start(disk.data)
    const poster = new Poster(up)
    await Promise.all(Array.from({ length: BATCHES }, () => poster.post()))
    expect(poster.acknowledged).toHaveLength(BATCHES)
    disk.fail()
    expect((await poster.post())?.code).toBeOneOf(DISK_LOST)
    expect(await codeAt(up, '/healthz')).toBeOneOf(DISK_LOST)
    // Whoever follows files there may say so as well.
    await expect.poll(() => up.said, SOON).toMatch(/^freshet: DISK_(FAILED|READ_ONLY): .+$/m)
    await up.stop()
    expect(up.crashes).toBe(0)

    disk.unmount()
    disk.mount()
    await holdsWhatItAcknowledged(poster, disk.data)
  })
})
