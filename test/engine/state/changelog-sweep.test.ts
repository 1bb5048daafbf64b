import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChangelogBlock } from '../../../engine/log/port.ts'
import { MemoryState } from '../../../engine/state/memory.ts'
import type { Store } from '../../../engine/state/store.ts'
import { STATE_DEFAULTS, TaskState } from '../../../engine/state/task-state.ts'

const TASK = 'user-0'
const STORES = ['one', 'two', 'three']
const ROWS_MAX = 1_000_000
/** What is kept, in bytes of live rows: two rounds of changes and what they repeat. */
const KEPT_MAX = 6

/** A task's state and the part of its changelog that a swept one keeps. */
class Swept {
  kept: ChangelogBlock[] = []
  dropped = 0
  private readonly state: TaskState

  private constructor(state: TaskState) {
    this.state = state
  }

  static async open(changelogBytesMax: number, cacheBytesMax: number): Promise<Swept> {
    const disk = await new MemoryState().open(TASK)
    const limits = { changelogBytesMax, cacheBytesMax, writeBehindRowsMax: 50 }
    return new Swept(await TaskState.onDisk(disk, { ...STATE_DEFAULTS, ...limits }))
  }

  async change(name: string, key: string, value: string | null): Promise<void> {
    const store = await this.state.store(name)
    const bytes = Buffer.from(key)
    const slot = store.want(bytes, 0, bytes.length)
    await store.fetch()
    if (value === null) store.remove(slot)
    else store.set(slot, Buffer.from(value), 0, value.length)
  }

  async commit(): Promise<void> {
    const prepared = this.state.prepare(this.state.sequence + 1)
    this.kept.push({ sequence: this.state.sequence, bytes: prepared.changelog })
    await prepared.finish()
    if (prepared.droppable > 0) {
      this.kept = this.kept.filter(({ sequence }) => sequence > prepared.droppable)
      this.dropped = prepared.droppable
    }
    this.state.evict()
    await this.state.repeat()
  }

  rows(): Promise<string[]> {
    return rowsOf(this.state)
  }

  get keptBytes(): number {
    return this.kept.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }
}

const rowsOf = async (state: TaskState): Promise<string[]> => {
  const rows: string[] = []
  for (const name of STORES) {
    const store: Store | undefined = state.openStore(name)
    for (const { key, value } of (await store?.scan({ limit: ROWS_MAX })) ?? []) {
      rows.push(`${name} ${key.toString()} ${value.toString()}`)
    }
  }
  return rows.sort()
}

const restored = async (kept: readonly ChangelogBlock[]): Promise<string[]> => {
  const state = await TaskState.onDisk(await new MemoryState().open(TASK), STATE_DEFAULTS)
  await state.catchUp(kept, 'kept')
  return rowsOf(state)
}

describe('a swept changelog', () => {
  it('gives every row to whoever reads what is kept of it, wherever it was cut', async () => {
    const change = fc.tuple(fc.constantFrom(...STORES), fc.nat(60), fc.option(fc.string({ maxLength: 20 })))
    const limits = fc.tuple(fc.constantFrom(0, 200, 2_000), fc.constantFrom(0, 500, 1 << 20))
    let drops = 0
    await fc.assert(
      fc.asyncProperty(
        limits,
        fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 60 }),
        async ([changelogBytesMax, cacheBytesMax], commits) => {
          const swept = await Swept.open(changelogBytesMax, cacheBytesMax)
          for (const [at, changes] of commits.entries()) {
            for (const [store, key, value] of changes) await swept.change(store, `key ${key}`, value)
            await swept.commit()
            if (at % 7 === 6) expect(await restored(swept.kept)).toEqual(await swept.rows())
          }
          if (swept.dropped > 0) drops++
          expect(await restored(swept.kept)).toEqual(await swept.rows())
        },
      ),
      { numRuns: 200 },
    )
    expect(drops).toBeGreaterThan(20)
  })

  it('stays below six times the rows, however long the same ones change', async () => {
    const changelogBytesMax = 4_000
    const swept = await Swept.open(changelogBytesMax, 1 << 20)
    const keys = 500
    const value = 'v'.repeat(60)
    for (let key = 0; key < keys; key++) await swept.change('one', `key ${key}`, value)
    await swept.commit()
    const liveBytes = swept.keptBytes
    let keptMax = 0
    for (let commit = 0; commit < 2_000; commit++) {
      for (let at = 0; at < 10; at++) await swept.change('one', `key ${(commit * 7 + at) % 50}`, value)
      await swept.commit()
      keptMax = Math.max(keptMax, swept.keptBytes)
    }
    expect(swept.dropped).toBeGreaterThan(1_000)
    expect(keptMax).toBeLessThan(KEPT_MAX * liveBytes + 2 * changelogBytesMax)
    expect(await restored(swept.kept)).toEqual(await swept.rows())
  })
})
