import { type AnyHandler, type Context, on, type StateLayout } from '../engine/processor.ts'
import type { Erasure } from '../schemas/erasures/index.ts'
import { type Millis, millis } from '../schemas/ids.ts'
import { ERASURE_MEMORY_MS } from './erasure.ts'
import { type IdEntries, NO_ENTRY } from './id-entries.ts'
import { erasures } from './topics.ts'

/**
 * What rows of entries by id share whose user may be erased. Their header is `f64 time of the last erasure`, 0
 * for none; the fields of an entry begin with the `f64` time that decides whether an erasure takes it.
 */
export const ERASABLE_HEADER_BYTES = 8

/** Version 1 of such a row, over one reused handle. It is kept while it holds an entry or remembers an erasure. */
export const erasableLayout = (row: IdEntries): StateLayout<IdEntries> => ({
  version: 1,
  create: () => row.clear(),
  read: (reader) => row.load(reader),
  write: (state, writer) => {
    if (state.count === 0 && erasedAt(state) === 0) return false
    state.save(writer)
    return true
  },
})

export const erasedAt = (state: IdEntries): number => state.bytes.readDoubleLE(state.headerAt)

const setErasedAt = (state: IdEntries, at: number): void => {
  state.own().writeDoubleLE(at, state.headerAt)
}

/** The time that an entry's fields begin with. */
export const entryTime = (state: IdEntries, entry: number): number =>
  state.bytes.readDoubleLE(state.fieldsAt(entry))

/** Takes away every entry that is not newer; answers whether the row changed. */
const erase = (at: Millis, state: IdEntries, context: Context): boolean => {
  if (at <= erasedAt(state)) return false
  state.removeWhere((entry) => entryTime(state, entry) <= at)
  setErasedAt(state, at)
  context.timer(millis(at + ERASURE_MEMORY_MS))
  return true
}

/** Of a row keyed by its user. */
export const erasuresOfUser: AnyHandler<IdEntries> = on<Erasure, IdEntries>({
  input: erasures,
  key: (erasure, key) => key.id(erasure.userId),
  process: (erasure, state, context) => erase(erasure.at, state, context),
})

/** For the timer that an erasure sets; answers whether the row changed. */
export const forgetErasure = (at: Millis, state: IdEntries): boolean => {
  const erased = erasedAt(state)
  if (erased === 0 || erased > at - ERASURE_MEMORY_MS) return false
  setErasedAt(state, 0)
  return true
}

/**
 * Drops the entry of the earliest time if there are more than `max`, and counts it under `dropped`; answers whether the
 * one that was added stayed.
 */
export const keepNewest = (
  state: IdEntries,
  added: number,
  max: number,
  context: Context,
  dropped: string,
): boolean => {
  if (state.count <= max) return true
  const oldest = oldestOf(state, all)
  state.remove(oldest)
  context.count(dropped)
  return oldest !== added
}

const all = (): boolean => true

/** Of the entries that belong, of which there is one, that of the earliest time. */
export const oldestOf = (state: IdEntries, belongs: (state: IdEntries, entry: number) => boolean): number => {
  let oldest = NO_ENTRY
  for (let entry = 0; entry < state.count; entry++) {
    if (!belongs(state, entry)) continue
    if (oldest === NO_ENTRY || isOlder(state, entry, oldest)) oldest = entry
  }
  return oldest
}

/** Among equals the smaller hash, whatever the order they came in. */
const isOlder = (state: IdEntries, one: number, other: number): boolean => {
  const difference = entryTime(state, one) - entryTime(state, other)
  return difference < 0 || (difference === 0 && state.hash(one) < state.hash(other))
}
