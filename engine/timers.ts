import type { Store } from './state/store.ts'

const EMPTY = Buffer.alloc(0)
/** u64 time, u16 processor, then the key. */
const HEADER_BYTES = 10

export interface DueTimer {
  readonly time: number
  readonly processor: number
  readonly key: Buffer
}

/**
 * Event-time timers of a task: rows of a resident store (so they are durable with the commit and set once),
 * beside a binary heap in order of (time, processor, key).
 */
export class Timers {
  private readonly store: Store
  private readonly heap: Buffer[] = []
  private scratch = Buffer.alloc(512)

  constructor(store: Store) {
    this.store = store
    const table = store.table
    for (let slot = 0; slot < table.slotsEnd; slot++) {
      if (table.isUsed(slot) && table.value(slot) !== undefined) this.push(table.keyCopy(slot))
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
    row.writeUInt16BE(processor, 8)
    row.set(key.subarray(start, end), HEADER_BYTES)
    const slot = this.store.table.upsert(row, 0, length)
    if (this.store.table.value(slot) !== undefined) return
    this.store.set(slot, EMPTY, 0, 0)
    this.push(Buffer.from(row.subarray(0, length)))
  }

  isDue(watermark: number): boolean {
    return this.heap.length > 0 && timeOf(this.heap[0]!) <= watermark
  }

  /** Takes the timers due at `watermark`, oldest first, at most `max`. */
  take(watermark: number, max: number): DueTimer[] {
    const due: DueTimer[] = []
    while (due.length < max && this.isDue(watermark)) {
      const row = this.pop()
      this.store.remove(this.store.table.find(row, 0, row.length))
      due.push({ time: timeOf(row), processor: row.readUInt16BE(8), key: row.subarray(HEADER_BYTES) })
    }
    return due
  }

  private push(row: Buffer): void {
    const heap = this.heap
    let at = heap.push(row) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (Buffer.compare(heap[parent]!, row) <= 0) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = row
  }

  private pop(): Buffer {
    const heap = this.heap
    const top = heap[0]!
    const last = heap.pop()!
    if (heap.length > 0) this.siftDown(last)
    return top
  }

  private siftDown(row: Buffer): void {
    const heap = this.heap
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && Buffer.compare(heap[child + 1]!, heap[child]!) < 0) child++
      if (Buffer.compare(row, heap[child]!) <= 0) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = row
  }
}

const timeOf = (row: Buffer): number => Number(row.readBigUInt64BE(0))
