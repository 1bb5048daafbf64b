import { ByteWriter, type Memory } from './bytes.ts'
import { RECORD_BYTES_MAX } from './log/frame.ts'
import { ABSENT, RowTable } from './state/table.ts'
import type { Fold } from './topic.ts'

const SLOTS_FIRST = 64
/** A table that holds no more than this is kept whatever it is used for. */
const SMALL_BYTES_MAX = 128 << 10
/** Below one in so many of its bytes in use, a table is too large. */
const ROOM_FACTOR = 8
/** Commits in a row that find their table too large; then it is made anew, for one large commit is not a reason to hold memory for ever. */
const QUIET_COMMITS_MAX = 32

/** Takes a record whose value follows its key. */
type TakeRecord = (
  partition: number,
  time: number,
  data: DataView,
  keyStart: number,
  valueStart: number,
  valueEnd: number,
) => void

/**
 * A topic's values added up by key until the commit. One table for all of its partitions: every task of a fleet writes
 * to every partition, so that a table each would be as many as partitions squared, and each keeps memory.
 */
export class FoldedRecords {
  private readonly fold: Fold
  private readonly takeRecord: TakeRecord
  /** How many sums there are for each partition. */
  private readonly sums: Int32Array
  private readonly sum = new ByteWriter(1024)
  private table = new RowTable()
  /** By slot. */
  private times = new Float64Array(SLOTS_FIRST)
  /** By slot. */
  private partitions = new Int32Array(SLOTS_FIRST)
  private quietCommits = 0

  constructor(fold: Fold, partitions: number, takeRecord: TakeRecord) {
    this.fold = fold
    this.sums = new Int32Array(partitions)
    this.takeRecord = takeRecord
  }

  has(partition: number): boolean {
    return this.sums[partition]! > 0
  }

  /** Bytes that its tables hold, used or not. */
  get heldBytes(): number {
    return this.table.heldBytes + this.times.byteLength + this.partitions.byteLength
  }

  add(
    partition: number,
    time: number,
    bytes: Memory,
    keyStart: number,
    keyEnd: number,
    valueEnd: number,
  ): void {
    const { table } = this
    const slot = table.upsert(bytes.buffer, keyStart, keyEnd)
    if (table.valueLength(slot) !== ABSENT) {
      if (this.partitions[slot] === partition && this.merge(slot, bytes.buffer, keyEnd, valueEnd)) {
        if (time > this.times[slot]!) this.times[slot] = time
        return
      }
      // Rows form a group, so a sum may as well travel in two parts.
      this.give(slot)
    }
    if (slot >= this.times.length) this.grow()
    this.times[slot] = time
    this.partitions[slot] = partition
    this.sums[partition]!++
    table.setFrom(slot, bytes.data, keyEnd, valueEnd)
  }

  /** Gives every sum away; starts anew. */
  drain(): void {
    const { table } = this
    for (let slot = 0; slot < table.slotsEnd; slot++) this.give(slot)
    const { heldBytes } = table
    const isQuiet = heldBytes > SMALL_BYTES_MAX && table.liveBytes * ROOM_FACTOR < heldBytes
    this.quietCommits = isQuiet ? this.quietCommits + 1 : 0
    if (this.quietCommits < QUIET_COMMITS_MAX) table.clear()
    else this.shrink()
  }

  /**
   * Adds a value to the slot's sum; answers false, and changes nothing, where no record can hold that. A sum that cannot
   * be written is no fault of the event at hand, whose own record is whole: were it to throw, the same events would stop
   * every worker that ever took them.
   */
  private merge(slot: number, from: Buffer, start: number, end: number): boolean {
    const { table, sum } = this
    const valueStart = table.valueStart(slot)
    const valueEnd = valueStart + table.valueLength(slot)
    sum.reset()
    try {
      this.fold.merge(table.buffer(slot), valueStart, valueEnd, from, start, end, sum)
    } catch {
      return false
    }
    if (sum.position > RECORD_BYTES_MAX) return false
    table.setFrom(slot, sum.data, 0, sum.position)
    return true
  }

  private give(slot: number): void {
    const { table } = this
    const partition = this.partitions[slot]!
    const valueStart = table.valueStart(slot)
    const valueEnd = valueStart + table.valueLength(slot)
    this.sums[partition]!--
    this.takeRecord(
      partition,
      this.times[slot]!,
      table.data(slot),
      table.keyStart(slot),
      valueStart,
      valueEnd,
    )
  }

  private grow(): void {
    const times = new Float64Array(this.times.length * 2)
    times.set(this.times)
    this.times = times
    const partitions = new Int32Array(times.length)
    partitions.set(this.partitions)
    this.partitions = partitions
  }

  private shrink(): void {
    this.quietCommits = 0
    this.table = new RowTable()
    this.times = new Float64Array(SLOTS_FIRST)
    this.partitions = new Int32Array(SLOTS_FIRST)
  }
}
