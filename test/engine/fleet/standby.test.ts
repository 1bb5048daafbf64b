import { expect, test } from 'vitest'
import { Standby } from '../../../engine/fleet/standby.ts'
import type { LogSession } from '../../../engine/log/port.ts'
import { SimulatedLog } from '../../../engine/log/simulated.ts'
import { MemoryDisk } from '../../../engine/state/memory-disk.ts'
import { MemoryState } from '../../../engine/state/memory.ts'
import type { Store } from '../../../engine/state/store.ts'
import { STATE_DEFAULTS, TaskState } from '../../../engine/state/task-state.ts'
import { SimulatedCrash, type SimulatedStep } from '../../../engine/storage/simulated-faults.ts'
import { millis } from '../../../schemas/ids.ts'

const TASK = 'user-0'
const ROWS = 200
const REMOVED = 10
/** Little enough that both the owner and its copies write most rows to disk. */
const OPTIONS = { ...STATE_DEFAULTS, changelogBytesMax: 4_000, cacheBytesMax: 20_000 }

const keyOf = (row: number): Buffer => Buffer.from(`key-${String(row).padStart(4, '0')}`)

/** Runs a task and sweeps its changelog, as workers of a fleet do. */
class Owner {
  private readonly session: LogSession
  private readonly state: TaskState
  private readonly rows: Store

  private constructor(session: LogSession, state: TaskState, rows: Store) {
    this.session = session
    this.state = state
    this.rows = rows
  }

  static async over(log: SimulatedLog): Promise<Owner> {
    const state = await TaskState.onDisk(await new MemoryState().open(TASK), OPTIONS)
    return new Owner(await log.session(TASK), state, await state.store('rows'))
  }

  async set(from: number, until: number, text: string): Promise<void> {
    const value = Buffer.from(text.repeat(10))
    for (let row = from; row < until; row++) {
      const key = keyOf(row)
      this.rows.set(this.rows.want(key, 0, key.length), value, 0, value.length)
    }
    await this.commit()
  }

  async remove(until: number): Promise<void> {
    for (let row = 0; row < until; row++) {
      const key = keyOf(row)
      const slot = this.rows.want(key, 0, key.length)
      await this.rows.fetch()
      this.rows.remove(slot)
    }
    await this.commit()
  }

  private async commit(): Promise<void> {
    await this.state.repeat()
    const prepared = this.state.prepare(this.session.sequence() + 1)
    await this.session.commit({ positions: [], outputs: [], changelog: prepared.changelog })
    await prepared.finish()
    if (prepared.droppable > 0) await this.session.trimChangelog(prepared.droppable)
    this.state.evict()
  }
}

const rowsOf = async (state: TaskState): Promise<string[]> => {
  const rows = await (await state.store('rows')).scan({ limit: 2 * ROWS })
  return rows.map(({ key }) => key.toString())
}

test('rows that were removed while a worker was away, which was killed amid its first write, stay removed', async () => {
  const log = new SimulatedLog({ clock: () => millis(0), dropsTrimmed: true })
  const owner = await Owner.over(log)
  for (let row = 0; row < ROWS; row += 20) await owner.set(row, row + 20, `row ${row}`)

  const disk = new MemoryDisk()
  const before = (step: SimulatedStep): void => {
    if (step === 'state-rest') throw new SimulatedCrash('kill -9')
  }
  const killed = await Standby.open(
    TASK,
    { log, state: new MemoryState({ disk, faults: { before } }) },
    OPTIONS,
  )
  await expect(killed.advance()).rejects.toThrow('kill -9')
  const left = disk.task(TASK)
  expect(left.sequence).toBe(0)
  expect(left.scan(1, { limit: 1 })).toMatchObject([{ key: keyOf(0) }])

  await owner.remove(REMOVED)
  const removedIn = log.disk.task(TASK).sequence
  for (let round = 0; log.disk.task(TASK).trimmed < removedIn; round++) {
    await owner.set(REMOVED, ROWS, `round ${round}`)
  }

  const back = await Standby.open(TASK, { log, state: new MemoryState({ disk }) }, OPTIONS)
  while (await back.advance());
  expect(await rowsOf(await back.handOver())).toEqual(
    Array.from({ length: ROWS - REMOVED }, (_, row) => keyOf(REMOVED + row).toString()),
  )
})
