import type { ByteReader, ByteWriter } from '../engine/bytes.ts'
import { on, type Context, type Processor, type StateLayout } from '../engine/processor.ts'
import { type Millis, millis, MINUTE_MS } from '../schemas/ids.ts'
import { ERASURE_MEMORY_MS } from './erasure.ts'
import { Fingerprint } from './fingerprint.ts'
import { rowReader } from './rows.ts'
import { readSeenRecent, SEEN_ENTRY_BYTES, SEEN_MINUTE_AT, type SeenRecent } from './seen.ts'
import { erasures } from './topics.ts'
import { seenOverflow } from './topics/seen-overflow.ts'

/**
 * Posts in a filter, beside those in `seen`. One not seen is taken for seen with a probability of at most
 * 8,192 / 2^24 = 0.05 %; one among the 8,192 that came here last is always known.
 *
 * The filter is the low 24 bits of each post's fingerprint in order of arrival, each once: 24 KiB when full
 * and less before. A pair of Bloom filters that take turns, so that old posts leave, needs 20 KiB from the
 * first post on to promise the same horizon with an error of 2 %, and cannot say what it holds.
 */
export const SEEN_FILTER_POSTS_MAX = 8_192
const STUB_BYTES = 3
const STUB_MASK = 0xff_ffff

/** Header: `u32 minute of the last erasure`, 0 for none. */
const HEADER_BYTES = 4
const ROW_BYTES_MAX = HEADER_BYTES + SEEN_FILTER_POSTS_MAX * STUB_BYTES

const stubAt = (bytes: Buffer, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)

class FilterRow {
  readonly bytes = Buffer.alloc(ROW_BYTES_MAX)
  end = HEADER_BYTES

  clear(): this {
    this.bytes.fill(0, 0, HEADER_BYTES)
    this.end = HEADER_BYTES
    return this
  }

  load(reader: ByteReader): this {
    this.end = reader.left
    reader.buffer.copy(this.bytes, 0, reader.position, reader.end)
    return this
  }

  save(writer: ByteWriter): boolean {
    if (this.end === HEADER_BYTES && this.erasedMinute === 0) return false
    writer.bytes(this.bytes, 0, this.end)
    return true
  }

  get erasedMinute(): number {
    return this.bytes.readUInt32LE(0)
  }

  set erasedMinute(minute: number) {
    this.bytes.writeUInt32LE(minute, 0)
  }

  get size(): number {
    return (this.end - HEADER_BYTES) / STUB_BYTES
  }

  removeAll(stubs: ReadonlySet<number>): void {
    let kept = HEADER_BYTES
    for (let at = HEADER_BYTES; at < this.end; at += STUB_BYTES) {
      if (stubs.has(stubAt(this.bytes, at))) continue
      if (kept < at) this.bytes.copyWithin(kept, at, at + STUB_BYTES)
      kept += STUB_BYTES
    }
    this.end = kept
  }

  /** Appends stubs that are not in here; the oldest give way. */
  append(stubs: ReadonlySet<number>): void {
    const excess = Math.max(0, this.size + stubs.size - SEEN_FILTER_POSTS_MAX) * STUB_BYTES
    this.bytes.copyWithin(HEADER_BYTES, HEADER_BYTES + excess, this.end)
    this.end -= excess
    for (const stub of stubs) this.end = this.bytes.writeUIntLE(stub, this.end, STUB_BYTES)
  }
}

const row = new FilterRow()

const layout: StateLayout<FilterRow> = {
  version: 1,
  create: () => row.clear(),
  read: (reader) => row.load(reader),
  write: (state, writer) => state.save(writer),
}

const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS)

const take = (entries: Uint8Array, state: FilterRow): boolean => {
  const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength)
  const erased = state.erasedMinute
  const stubs = new Set<number>()
  for (let at = 0; at < entries.length; at += SEEN_ENTRY_BYTES) {
    if (view.getUint32(at + SEEN_MINUTE_AT, true) > erased) stubs.add(view.getUint32(at, true) & STUB_MASK)
  }
  if (stubs.size === 0) return false
  state.removeAll(stubs)
  state.append(stubs)
  return true
}

/** What lies in the filter has no time of its own: all of it goes. */
const erase = (at: Millis, state: FilterRow, context: Context): boolean => {
  const minute = minuteOf(at)
  if (minute <= state.erasedMinute) return false
  state.end = HEADER_BYTES
  state.erasedMinute = minute
  context.timer(millis(at + ERASURE_MEMORY_MS))
  return true
}

const forgetErasure = (at: Millis, state: FilterRow): boolean => {
  const erased = state.erasedMinute
  if (erased === 0 || erased > minuteOf(at - ERASURE_MEMORY_MS)) return false
  state.erasedMinute = 0
  return true
}

/** The posts that a user saw before those in `seen`: written once for every few new posts, read once a feed. */
export const seenFilter: Processor<FilterRow> = {
  name: 'seen-filter',
  about: 'Posts that a user saw earlier, as a filter that may take an unseen post for seen.',
  state: layout,
  handlers: [
    on({
      input: seenOverflow,
      key: (overflow, key) => key.id(overflow.userId),
      process: (overflow, state) => take(overflow.entries, state),
    }),
    on({
      input: erasures,
      key: (erasure, key) => key.id(erasure.userId),
      process: (erasure, state, context) => erase(erasure.at, state, context),
    }),
  ],
  outputs: [],
  onTimer: (at, _key, state) => forgetErasure(at, state),
}

/** What a user has seen, from their two rows; either may be missing. Made once a feed, asked once a candidate. */
export class SeenPosts {
  private readonly recent: SeenRecent | undefined
  /** Open addressing over stub + 1, at most half full; 0 is a free place. */
  private readonly table: Uint32Array
  private readonly fingerprint = new Fingerprint()

  constructor(recentRow: Buffer | undefined, filterRow: Buffer | undefined) {
    this.recent = recentRow && readSeenRecent(recentRow)
    this.table = filterRow === undefined ? new Uint32Array(1) : tableOf(filterRow)
  }

  has(postId: string): boolean {
    const fingerprint = this.fingerprint.of(postId)
    return this.recent?.has(fingerprint) === true || this.filterHas(fingerprint.low & STUB_MASK)
  }

  private filterHas(stub: number): boolean {
    const { table } = this
    const mask = table.length - 1
    for (let at = stub & mask; table[at] !== 0; at = (at + 1) & mask) if (table[at] === stub + 1) return true
    return false
  }
}

const tableOf = (filterRow: Buffer): Uint32Array => {
  const reader = rowReader(layout, filterRow)
  reader.bytes(HEADER_BYTES)
  const size = reader.left / STUB_BYTES
  const table = new Uint32Array(1 << (Math.ceil(Math.log2(size + 1)) + 1))
  const mask = table.length - 1
  for (let at = reader.position; at < reader.end; at += STUB_BYTES) {
    const stub = stubAt(reader.buffer, at)
    let place = stub & mask
    while (table[place] !== 0) place = (place + 1) & mask
    table[place] = stub + 1
  }
  return table
}

/** Whether a user has seen a post. For many posts make one `SeenPosts`. */
export const wasSeen = (
  recentRow: Buffer | undefined,
  filterRow: Buffer | undefined,
  postId: string,
): boolean => new SeenPosts(recentRow, filterRow).has(postId)

/** What a row of `seen-filter` says of itself; which posts they are, it does not know. */
export const readSeenFilter = (
  stored: Buffer,
): { readonly posts: number; readonly erasedAt: Millis | null } => {
  const { size, erasedMinute } = new FilterRow().load(rowReader(layout, stored))
  return { posts: size, erasedAt: erasedMinute === 0 ? null : millis(erasedMinute * MINUTE_MS) }
}
