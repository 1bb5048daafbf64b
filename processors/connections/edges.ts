import type { StateLayout } from '../../engine/processor.ts'
import { CLOSENESSES, type ConnectionKind, type Closeness } from '../../schemas/connections/index.ts'
import { IdEntries, NO_ENTRY } from '../id-entries.ts'

/** What an edge is to the user whose row it lies in. */
export const EDGE_KINDS = [
  'friend',
  'follow',
  'group',
  'page',
  'block',
  'mute',
  'blocked-by',
  'muted-by',
] as const
export type EdgeKind = (typeof EDGE_KINDS)[number]

/** Most edges a row keeps of each kind, removed ones included: those that changed last. */
export const EDGES_MAX: Readonly<Record<EdgeKind, number>> = {
  friend: 5_000,
  follow: 10_000,
  group: 2_000,
  page: 2_000,
  block: 2_000,
  mute: 2_000,
  'blocked-by': 5_000,
  'muted-by': 5_000,
}

/**
 * Most bytes of a row. As many edges as a row may have of each kind do not fit into a record of the log, and an
 * event whose row is too large would be put aside: who filled their own row could not be blocked by anybody.
 */
export const EDGES_BYTES_MAX = 1_000_000

/**
 * What a row gives up, in turn, when it has too many bytes. Blocks are not among it: as many as a row may have,
 * on both sides and with ids of any length, always fit.
 */
const GIVEN_UP: readonly (readonly EdgeKind[])[] = [
  ['friend', 'follow', 'group', 'page'],
  ['mute', 'muted-by'],
]

/** An edge's entry is found by one of these letters and the target's id. */
const LETTERS: Readonly<Record<EdgeKind, string>> = {
  friend: 'f',
  follow: 'o',
  group: 'g',
  page: 'p',
  block: 'b',
  mute: 'm',
  'blocked-by': 'B',
  'muted-by': 'M',
}
const KIND_OF_BYTE: ReadonlyMap<number, EdgeKind> = new Map(
  EDGE_KINDS.map((kind) => [LETTERS[kind].charCodeAt(0), kind]),
)

/** The kind that a connection has on the other side; null where it has none. */
export const REVERSE_OF: Readonly<Record<ConnectionKind, EdgeKind | null>> = {
  friend: 'friend',
  block: 'blocked-by',
  mute: 'muted-by',
  follow: null,
  group: null,
  page: null,
}

/**
 * Header: `f64 time of the last erasure`. Fields: `f64 last added · f64 last removed · f64 since · f64 time of
 * the closeness · u8 closeness`; a time of 0 is never.
 */
const HEADER_BYTES = 8
const FIELD_BYTES = 33
const ADDED_AT = 0
const REMOVED_AT = 8
const SINCE_AT = 16
const CLOSENESS_TIME_AT = 24
const CLOSENESS_AT = 32

/** A user's row of edges: bytes behind one reused handle. */
export class Edges extends IdEntries {
  constructor() {
    super(HEADER_BYTES, FIELD_BYTES)
  }

  get erasedAt(): number {
    return this.bytes.readDoubleLE(this.headerAt)
  }

  set erasedAt(at: number) {
    this.own().writeDoubleLE(at, this.headerAt)
  }

  edge(kind: EdgeKind, target: string): number {
    return this.find(LETTERS[kind] + target)
  }

  addEdge(kind: EdgeKind, target: string): number {
    return this.add(LETTERS[kind] + target)
  }

  kind(entry: number): EdgeKind {
    return KIND_OF_BYTE.get(this.firstByte(entry))!
  }

  target(entry: number): string {
    return this.id(entry, 1)
  }

  /** Removed at the very time it was added: removed. */
  isPresent(entry: number): boolean {
    return this.time(entry, ADDED_AT) > this.time(entry, REMOVED_AT)
  }

  changedAt(entry: number): number {
    return Math.max(this.time(entry, ADDED_AT), this.time(entry, REMOVED_AT))
  }

  since(entry: number): number {
    return this.time(entry, SINCE_AT)
  }

  closeness(entry: number): Closeness {
    return CLOSENESSES[this.bytes[this.fieldsAt(entry) + CLOSENESS_AT]!]!
  }

  /**
   * Takes in that the edge began. `since` is the earliest beginning known after the last removal. Answers
   * whether anything changed.
   */
  begin(entry: number, at: number): boolean {
    const isNewest = at > this.time(entry, ADDED_AT)
    if (isNewest) this.setTime(entry, ADDED_AT, at)
    const since = this.since(entry)
    if (at <= this.time(entry, REMOVED_AT) || (since !== 0 && since <= at)) return isNewest
    this.setTime(entry, SINCE_AT, at)
    return true
  }

  /** Takes in that the edge ended. */
  finish(entry: number, at: number): boolean {
    if (at <= this.time(entry, REMOVED_AT)) return false
    this.setTime(entry, REMOVED_AT, at)
    const added = this.time(entry, ADDED_AT)
    if (this.since(entry) <= at) this.setTime(entry, SINCE_AT, added > at ? added : 0)
    return true
  }

  /** The newest word on closeness holds; of two at one time, the closer. */
  setCloseness(entry: number, closeness: Closeness, at: number): boolean {
    const before = this.time(entry, CLOSENESS_TIME_AT)
    const level = CLOSENESSES.indexOf(closeness)
    const isCloser = level > CLOSENESSES.indexOf(this.closeness(entry))
    if (at < before || (at === before && !isCloser)) return false
    this.setTime(entry, CLOSENESS_TIME_AT, at)
    this.own().writeUInt8(level, this.fieldsAt(entry) + CLOSENESS_AT)
    return true
  }

  /** The edge of a kind that changed longest ago, when there are too many of it; `NO_ENTRY` otherwise. */
  excess(kind: EdgeKind): number {
    const letter = LETTERS[kind].charCodeAt(0)
    let count = 0
    let oldest = NO_ENTRY
    for (let entry = 0; entry < this.count; entry++) {
      if (this.firstByte(entry) !== letter) continue
      count++
      if (oldest === NO_ENTRY || this.isOlder(entry, oldest)) oldest = entry
    }
    return count > EDGES_MAX[kind] ? oldest : NO_ENTRY
  }

  /** The edge to give up, the one that changed longest ago, when the row has too many bytes; `NO_ENTRY` otherwise. */
  overweight(): number {
    if (this.size <= EDGES_BYTES_MAX) return NO_ENTRY
    for (const kinds of GIVEN_UP) {
      const oldest = this.oldestOf(kinds)
      if (oldest !== NO_ENTRY) return oldest
    }
    return NO_ENTRY
  }

  private oldestOf(kinds: readonly EdgeKind[]): number {
    let oldest = NO_ENTRY
    for (let entry = 0; entry < this.count; entry++) {
      if (!kinds.includes(this.kind(entry))) continue
      if (oldest === NO_ENTRY || this.isOlder(entry, oldest)) oldest = entry
    }
    return oldest
  }

  private time(entry: number, field: number): number {
    return this.bytes.readDoubleLE(this.fieldsAt(entry) + field)
  }

  private setTime(entry: number, field: number, at: number): void {
    this.own().writeDoubleLE(at, this.fieldsAt(entry) + field)
  }

  private isOlder(one: number, other: number): boolean {
    const difference = this.changedAt(one) - this.changedAt(other)
    return difference < 0 || (difference === 0 && this.hash(one) < this.hash(other))
  }
}

const row = new Edges()

export const edgesLayout: StateLayout<Edges> = {
  version: 1,
  create: () => {
    row.clear()
    return row
  },
  read: (reader) => {
    row.load(reader)
    return row
  },
  write: (state, writer) => {
    if (state.count === 0 && state.erasedAt === 0) return false
    state.save(writer)
    return true
  },
}
