import { BlockCursor, CATALOGUE, CATALOGUE_NUMBER } from '../../engine/state/block-cursor.ts'
import type { FeatureChanges } from '../store/port.ts'
import type { FollowedBlock } from '../../engine/log/port.ts'
import type { TaskMark } from './task-mark.ts'

type Rows = Map<string, readonly [key: Buffer, row: Buffer | null]>

/** Blocks of a task put together: of each row its last value, by store, and the mark that they lead to. */
export class Collected {
  private readonly stores: ReadonlySet<string>
  private readonly cursor = new BlockCursor()
  private readonly names: Map<number, string>
  private readonly changed: Map<string, number>
  private readonly inputs: Map<string, number>
  private readonly rows = new Map<string, { readonly rows: Rows; sequence: number }>()
  private whole: boolean
  private last: number
  private newest: number
  private count = 0

  /** `stores`: those whose rows are wanted. */
  constructor(mark: TaskMark, stores: ReadonlySet<string>) {
    this.stores = stores
    this.names = new Map(Object.entries(mark.names).map(([number, name]) => [Number(number), name]))
    this.names.set(CATALOGUE_NUMBER, CATALOGUE)
    this.changed = new Map(Object.entries(mark.changed))
    this.inputs = new Map(Object.entries(mark.inputs))
    this.whole = [...stores].every((name) => mark.whole.includes(name))
    this.last = mark.sequence
    this.newest = mark.newest
  }

  /** Rows that wait to be taken. */
  get size(): number {
    return this.count
  }

  /** Of the last block added, or of the mark where there is none. */
  get sequence(): number {
    return this.last
  }

  /** Whether every row is there with what waits to be taken. */
  get isWhole(): boolean {
    return this.whole
  }

  add(block: FollowedBlock): void {
    const cursor = this.cursor.over(block)
    while (cursor.next()) {
      const { bytes, store, keyStart, keyEnd, rowEnd } = cursor
      if (store === CATALOGUE_NUMBER) this.adopt(bytes, keyStart, keyEnd, rowEnd)
      const name = this.names.get(store)
      // The catalogue's row comes in the same block as, or before, the first row of a store.
      if (name === undefined || !this.stores.has(name) || (cursor.isRepeated && this.whole)) continue
      const key = bytes.subarray(keyStart, keyEnd)
      this.put(name, block.sequence, key, rowEnd === -1 ? null : bytes.subarray(keyEnd, rowEnd))
    }
    this.last = block.sequence
    for (const { topic, offset, newest } of block.positions) {
      this.inputs.set(topic, offset)
      this.newest = Math.max(this.newest, newest)
    }
  }

  /** Every row is among those added, or was there before: from now on repeated ones say nothing new. */
  becomeWhole(): void {
    this.whole = true
  }

  /** What to apply, one a store. Rows begin anew after it. */
  take(partition: number): FeatureChanges[] {
    const changes = [...this.rows].map(([store, { rows, sequence }]) => ({
      store,
      partition,
      sequence,
      previous: this.changed.get(store) ?? 0,
      newest: this.newest,
      rows: [...rows.values()],
    }))
    for (const { store, sequence } of changes) this.changed.set(store, sequence)
    this.rows.clear()
    this.count = 0
    return changes
  }

  /** Once what was taken is applied. */
  mark(): TaskMark {
    return {
      sequence: this.last,
      newest: this.newest,
      inputs: Object.fromEntries(this.inputs),
      names: Object.fromEntries(this.names),
      changed: Object.fromEntries(this.changed),
      whole: this.whole ? [...this.stores] : [],
    }
  }

  private put(name: string, sequence: number, key: Buffer, row: Buffer | null): void {
    let of = this.rows.get(name)
    if (of === undefined) {
      of = { rows: new Map(), sequence }
      this.rows.set(name, of)
    }
    of.sequence = sequence
    const id = key.toString('latin1')
    if (!of.rows.has(id)) this.count++
    of.rows.set(id, [key, row])
  }

  private adopt(bytes: Buffer, keyStart: number, keyEnd: number, rowEnd: number): void {
    if (rowEnd !== -1) this.names.set(bytes.readUInt16LE(keyEnd), bytes.toString('utf8', keyStart, keyEnd))
  }
}
