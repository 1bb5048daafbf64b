import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { WalFiles } from '../../../engine/storage/wal-files.ts'
import { WalSync } from '../../../engine/storage/wal-sync.ts'

/** Files as a device has them: what was written to one reaches it at some moment while that one is synced. */
class Device implements WalFiles {
  readonly written = new Map<number, number>([[1, 0]])
  readonly onDevice = new Map<number, number>()
  syncs = 0
  private readonly turns: () => number

  constructor(turns: () => number) {
    this.turns = turns
  }

  get newest(): number {
    return Math.max(...this.written.keys())
  }

  write(): void {
    this.written.set(this.newest, this.written.get(this.newest)! + 1)
  }

  /** RocksDB begins another file, and may have dropped the oldest, whose rows are in tables by then. */
  rotate(drops: boolean): void {
    if (drops && this.written.size > 1) this.written.delete(Math.min(...this.written.keys()))
    this.written.set(this.newest + 1, 0)
  }

  async numbers(): Promise<number[]> {
    await this.wait()
    return [...this.written.keys()].toReversed()
  }

  async sync(number: number): Promise<void> {
    this.syncs++
    const written = this.written.get(number)
    await this.wait()
    if (written !== undefined) this.onDevice.set(number, written)
  }

  async syncNames(): Promise<void> {
    await this.wait()
  }

  async close(): Promise<void> {}

  private async wait(): Promise<void> {
    for (let turn = this.turns(); turn > 0; turn--) await nextTurn()
  }
}

/** Asks for a sync; once it answers, what was written by now is on the device. */
const answered = async (
  wal: WalSync,
  device: Device,
  written: ReadonlyMap<number, number>,
): Promise<void> => {
  await wal.sync()
  for (const [number, count] of written) {
    if (device.written.has(number)) expect(device.onDevice.get(number) ?? 0).toBeGreaterThanOrEqual(count)
  }
}

test('what was written before a sync was asked for is on the device when it answers', async () => {
  const step = fc.constantFrom('write', 'sync', 'rotate', 'rotate and drop', 'wait')
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.infiniteStream(fc.nat(3)),
      async (steps, turns) => {
        const device = new Device(() => turns.next().value!)
        const wal = new WalSync(device)
        const asked: Promise<void>[] = []
        for (const each of steps) {
          if (each === 'write') device.write()
          else if (each === 'wait') await nextTurn()
          else if (each === 'sync') {
            const written = new Map(device.written)
            asked.push(answered(wal, device, written))
          } else device.rotate(each === 'rotate and drop')
        }
        await Promise.all(asked)
      },
    ),
  )
})

test('all who ask while one is under way share the next', async () => {
  const device = new Device(() => 2)
  const wal = new WalSync(device)
  await Promise.all(Array.from({ length: 50 }, () => wal.sync()))
  expect(device.syncs).toBe(2)
})

test('one that failed is the last: those that waited and all later ones fail as it did', async () => {
  const device = new Device(() => 1)
  device.sync = () => Promise.reject(new Error('EIO'))
  const wal = new WalSync(device)
  const results = await Promise.allSettled([wal.sync(), wal.sync(), wal.sync()])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  await expect(wal.sync()).rejects.toThrow('EIO')
})
