import type { StateLayout } from '../../engine/processor.ts'
import { CLOSENESSES, type ConnectionKind, type Closeness } from '../../schemas/connections/index.ts'
import { FIELDS_AT, IdEntries, NO_ENTRY } from '../id-entries.ts'

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
const KIND_OF_LETTER: ReadonlyMap<string, EdgeKind> = new Map(EDGE_KINDS.map((kind) => [LETTERS[kind], kind]))

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
const ADDED_AT = FIELDS_AT
const REMOVED_AT = FIELDS_AT + 8
const SINCE_AT = FIELDS_AT + 16
const CLOSENESS_TIME_AT = FIELDS_AT + 24
const CLOSENESS_AT = FIELDS_AT + 32

/** A user's row of edges: bytes behind one reused handle. */
export class Edges extends IdEntries {
  constructor() {
    super(HEADER_BYTES, FIELD_BYTES)
  }

  get erasedAt(): number {
    return this.view.getFloat64(0, true)
  }

  set erasedAt(at: number) {
    this.view.setFloat64(0, at, true)
  }

  edge(kind: EdgeKind, target: string): number {
    return this.find(LETTERS[kind] + target)
  }

  addEdge(kind: EdgeKind, target: string): number {
    return this.add(LETTERS[kind] + target)
  }

  kind(entry: number): EdgeKind {
    return KIND_OF_LETTER.get(this.id(entry)[0]!)!
  }

  target(entry: number): string {
    return this.id(entry).slice(1)
  }

  /** Removed at the very time it was added: removed. */
  isPresent(entry: number): boolean {
    return this.view.getFloat64(entry + ADDED_AT, true) > this.view.getFloat64(entry + REMOVED_AT, true)
  }

  changedAt(entry: number): number {
    return Math.max(
      this.view.getFloat64(entry + ADDED_AT, true),
      this.view.getFloat64(entry + REMOVED_AT, true),
    )
  }

  since(entry: number): number {
    return this.view.getFloat64(entry + SINCE_AT, true)
  }

  closeness(entry: number): Closeness {
    return CLOSENESSES[this.view.getUint8(entry + CLOSENESS_AT)]!
  }

  /**
   * Takes in that the edge began. `since` is the earliest beginning known after the last removal. Answers
   * whether anything changed.
   */
  begin(entry: number, at: number): boolean {
    const { view } = this
    let changed = false
    if (at > view.getFloat64(entry + ADDED_AT, true)) {
      view.setFloat64(entry + ADDED_AT, at, true)
      changed = true
    }
    if (at <= view.getFloat64(entry + REMOVED_AT, true)) return changed
    const since = this.since(entry)
    if (since !== 0 && since <= at) return changed
    view.setFloat64(entry + SINCE_AT, at, true)
    return true
  }

  /** Takes in that the edge ended. */
  finish(entry: number, at: number): boolean {
    const { view } = this
    if (at <= view.getFloat64(entry + REMOVED_AT, true)) return false
    view.setFloat64(entry + REMOVED_AT, at, true)
    const added = view.getFloat64(entry + ADDED_AT, true)
    if (this.since(entry) <= at) view.setFloat64(entry + SINCE_AT, added > at ? added : 0, true)
    return true
  }

  /** The newest word on closeness holds; of two at one time, the closer. */
  setCloseness(entry: number, closeness: Closeness, at: number): boolean {
    const { view } = this
    const before = view.getFloat64(entry + CLOSENESS_TIME_AT, true)
    const level = CLOSENESSES.indexOf(closeness)
    if (at < before || (at === before && level <= view.getUint8(entry + CLOSENESS_AT))) return false
    view.setFloat64(entry + CLOSENESS_TIME_AT, at, true)
    view.setUint8(entry + CLOSENESS_AT, level)
    return true
  }

  /** The edge of a kind that changed longest ago, when there are too many of it; `NO_ENTRY` otherwise. */
  excess(kind: EdgeKind): number {
    const letter = LETTERS[kind].charCodeAt(0)
    let count = 0
    let oldest = NO_ENTRY
    for (let entry = this.first; entry < this.end; entry = this.next(entry)) {
      if (this.firstByte(entry) !== letter) continue
      count++
      if (oldest === NO_ENTRY || this.isOlder(entry, oldest)) oldest = entry
    }
    return count > EDGES_MAX[kind] ? oldest : NO_ENTRY
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
    if (state.isEmpty && state.erasedAt === 0) return false
    state.save(writer)
    return true
  },
}
