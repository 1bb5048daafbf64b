import { on, type Context, type Processor, type StateLayout } from '../engine/processor.ts'
import { type Millis, millis, type UserId } from '../schemas/ids.ts'
import type { Reaction } from '../schemas/reactions/index.ts'
import { ERASURE_MEMORY_MS } from './erasure.ts'
import { undoneReactions } from './given-reactions.ts'
import { NewestRecords } from './newest-records.ts'
import { rowReader } from './rows.ts'
import { erasures, reactions } from './topics.ts'

/** See-lesses kept of a user: the newest. */
export const SEE_LESS_MAX = 256

interface SeeLess {
  /** Time of the last erasure; 0 for none. */
  erasedAt: number
  /** A record each: when, and of which author. */
  readonly given: NewestRecords
}

/** `f64 time of the last erasure`, then the records. */
const layoutOf = (): StateLayout<SeeLess> => {
  const state: SeeLess = { erasedAt: 0, given: new NewestRecords(SEE_LESS_MAX) }
  return {
    version: 1,
    create() {
      state.erasedAt = 0
      state.given.clear()
      return state
    },
    read(reader) {
      state.erasedAt = reader.f64()
      state.given.load(reader)
      return state
    },
    write({ erasedAt, given }, writer) {
      writer.f64(erasedAt)
      given.save(writer)
      return given.count > 0 || erasedAt !== 0
    },
  }
}

const layout = layoutOf()

const give = ({ authorId, at }: Reaction, state: SeeLess): boolean =>
  at > state.erasedAt && state.given.add(at, Buffer.from(authorId))

/** The undo is dated to what it takes back. What was pushed out or erased meanwhile is not there. */
const takeBack = ({ authorId, at }: Reaction, { given }: SeeLess): boolean => {
  const place = given.find(at, Buffer.from(authorId))
  if (place < 0) return false
  given.remove(place)
  return true
}

const erase = (at: Millis, state: SeeLess, context: Context): boolean => {
  if (at <= state.erasedAt) return false
  const { given } = state
  while (given.count > 0 && given.at(given.oldest()) <= at) given.remove(given.oldest())
  state.erasedAt = at
  context.timer(millis(at + ERASURE_MEMORY_MS))
  return true
}

const forgetErasure = (at: Millis, state: SeeLess): boolean => {
  if (state.erasedAt === 0 || state.erasedAt > at - ERASURE_MEMORY_MS) return false
  state.erasedAt = 0
  return true
}

/** Whether a reaction asks for less of its author, and of whom it is known. */
const isSeeLess = ({ kind, userId }: Reaction): boolean => kind === 'see_less' && userId !== null

/**
 * When a user asked to see less of an author. Undos come dated to what they take back, so that an author's
 * fatigue is again as it was before.
 */
export const seeLess: Processor<SeeLess> = {
  name: 'see-less',
  about: 'When a user asked to see less of an author.',
  state: layout,
  handlers: [
    on({
      input: reactions,
      key: (reaction, key) => isSeeLess(reaction) && !reaction.undo && key.id(reaction.userId!),
      process: give,
    }),
    on({
      input: undoneReactions,
      key: (reaction, key) => isSeeLess(reaction) && key.id(reaction.userId!),
      process: takeBack,
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

/** The last see-less on each author, in a stored row. */
export const readSeeLess = (stored: Buffer): ReadonlyMap<UserId, Millis> => {
  const { given } = layoutOf().read(rowReader(layout, stored))
  const last = new Map<UserId, Millis>()
  for (let place = given.newest(); place >= 0; place = given.older(place)) {
    const authorId = given.idText(place) as UserId
    if (!last.has(authorId)) last.set(authorId, millis(given.at(place)))
  }
  return last
}
