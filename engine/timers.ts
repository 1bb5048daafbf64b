import type { Store } from './state/store.ts'

const EMPTY = Buffer.alloc(0)
/** u64 time, u16 processor, then the key. */
const TIME_BYTES = 8
const HEADER_BYTES = TIME_BYTES + 2
const TWO_32 = 2 ** 32

export interface DueTimer {
  readonly time: number
  readonly processor: number
  readonly key: Buffer
}

/**
 * Event-time timers of a task: rows of a resident store (so they are durable with the commit and set once),
 * beside a binary heap of their slots in order of (time, processor, key). What a slot stands for lies in the
 * store's table: a buffer a timer would keep whatever memory it was cut from.
 */
export class Timers {
  private readonly store: Store
  private readonly heap: number[] = []
  private scratch = Buffer.alloc(512)

  constructor(store: Store) {
    this.store = store
    const table = store.table
    for (let slot = 0; slot < table.slotsEnd; slot++) {
      if (table.isUsed(slot) && table.value(slot) !== undefined) this.push(slot)
    }
  }

  get size(): number {
    return this.heap.length
  }

  set(time: number, processor: number, key: Uint8Array, start: number, end: number): void {
    const length = HEADER_BYTES + end - start
    if (length > this.scratch.length) this.scratch = Buffer.alloc(length * 2)
    const row = this.scratch
    row.writeBigUInt64BE(BigInt(Math.max(0, time)), 0)
    row.writeUInt16BE(processor, TIME_BYTES)
    row.set(key.subarray(start, end), HEADER_BYTES)
    const slot = this.store.table.upsert(row, 0, length)
    if (this.store.table.value(slot) !== undefined) return
    this.store.set(slot, EMPTY, 0, 0)
    this.push(slot)
  }

  isDue(watermark: number): boolean {
    return this.heap.length > 0 && this.timeOf(this.heap[0]!) <= watermark
  }

  /** Takes the timers due at `watermark`, oldest first, at most `max`. */
  take(watermark: number, max: number): DueTimer[] {
    const due: DueTimer[] = []
    while (due.length < max && this.isDue(watermark)) {
      const slot = this.pop()
      const row = this.store.table.keyCopy(slot)
      due.push({
        time: this.timeOf(slot),
        processor: row.readUInt16BE(TIME_BYTES),
        key: row.subarray(HEADER_BYTES),
      })
      this.store.remove(slot)
    }
    return due
  }

  private timeOf(slot: number): number {
    const { table } = this.store
    const buffer = table.buffer(slot)
    const start = table.keyStart(slot)
    return buffer.readUInt32BE(start) * TWO_32 + buffer.readUInt32BE(start + 4)
  }

  private compare(one: number, other: number): number {
    const { table } = this.store
    const [start, otherStart] = [table.keyStart(one), table.keyStart(other)]
    const [end, otherEnd] = [start + table.keyLength(one), otherStart + table.keyLength(other)]
    return table.buffer(one).compare(table.buffer(other), otherStart, otherEnd, start, end)
  }

  private push(slot: number): void {
    const heap = this.heap
    let at = heap.push(slot) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.compare(heap[parent]!, slot) <= 0) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = slot
  }

  private pop(): number {
    const heap = this.heap
    const top = heap[0]!
    const last = heap.pop()!
    if (heap.length > 0) this.siftDown(last)
    return top
  }

  private siftDown(slot: number): void {
    const heap = this.heap
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && this.compare(heap[child + 1]!, heap[child]!) < 0) child++
      if (this.compare(slot, heap[child]!) <= 0) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = slot
  }
}
