import type { ByteReader, ByteWriter } from '../engine/bytes.ts'
import { echoTopic } from '../engine/contract-topic.ts'
import { on, type Context, type Mapper, type Processor, type StateLayout } from '../engine/processor.ts'
import { type Millis, millis } from '../schemas/ids.ts'
import type { Reaction, ReactionKind } from '../schemas/reactions/index.ts'
import { reactions as contract, UNDOABLE_KINDS } from '../schemas/reactions/index.ts'
import { stateOf } from './rows.ts'
import { GRACE_MS, reactions } from './topics.ts'

/** Reactions kept for one user and post; beyond it the oldest can no longer be taken back. */
export const GIVEN_PER_POST_MAX = 32

/**
 * An undo says when it was undone, but counts fade from when the reaction was given: to take back exactly what was
 * counted, that time must be known. The order is stored.
 */
const UNDOABLE: readonly ReactionKind[] = UNDOABLE_KINDS

/** Undone reactions, dated to when they were given. */
export const undoneReactions = echoTopic(contract, {
  name: 'undone-reactions',
  about: 'Undone reactions, dated to when they were given.',
  keySpace: 'user',
  graceMs: GRACE_MS,
})

/** A reaction given and not undone, or (`at` of −1) an undo that came before what it undoes. */
interface Given {
  readonly kind: number
  /** Tells comments of one user on one post apart; 0 for other kinds. */
  readonly comment: number
  readonly at: number
}

const UNDONE_EARLY = -1

interface GivenReactions {
  given: Given[]
}

const layout: StateLayout<GivenReactions> = {
  version: 1,
  create: () => ({ given: [] }),
  read(reader: ByteReader) {
    const given: Given[] = []
    while (reader.left > 0) {
      given.push({ kind: reader.u8(), comment: reader.u32(), at: reader.signedVarint() })
    }
    return { given }
  },
  write(state, writer: ByteWriter) {
    for (const { kind, comment, at } of state.given) {
      writer.u8(kind)
      writer.u32(comment)
      writer.signedVarint(at)
    }
    return state.given.length > 0
  },
}

/** FNV-1a over UTF-16 code units: a collision would only confuse two comments of one user on one post. */
const commentHash = (reaction: Reaction): number => {
  if (reaction.kind !== 'comment' || reaction.commentId === null) return 0
  let hash = 0x811c9dc5
  for (let at = 0; at < reaction.commentId.length; at++) {
    hash = Math.imul(hash ^ reaction.commentId.charCodeAt(at), 0x01000193)
  }
  return hash >>> 0
}

const isOf = (given: Given, kind: number, comment: number): boolean =>
  given.kind === kind && given.comment === comment

const sendUndone = (reaction: Reaction, at: number, context: Context): void =>
  context.emit(undoneReactions, { ...reaction, undo: true, at: millis(at) })

/** Notes a reaction, unless its undo came first: then both are sent on to cancel. */
const give = (state: GivenReactions, reaction: Reaction, kind: number, context: Context): boolean => {
  const comment = commentHash(reaction)
  const early = state.given.findIndex((each) => isOf(each, kind, comment) && each.at === UNDONE_EARLY)
  if (early >= 0) {
    state.given.splice(early, 1)
    sendUndone(reaction, reaction.at, context)
    return true
  }
  if (state.given.length === GIVEN_PER_POST_MAX) state.given.shift()
  state.given.push({ kind, comment, at: reaction.at })
  return true
}

/** Takes back the reaction given last, or waits for it. */
const takeBack = (state: GivenReactions, undo: Reaction, kind: number, context: Context): boolean => {
  const comment = commentHash(undo)
  const last = state.given.findLastIndex((each) => isOf(each, kind, comment) && each.at !== UNDONE_EARLY)
  if (last >= 0) {
    const [given] = state.given.splice(last, 1)
    sendUndone(undo, given!.at, context)
  } else if (state.given.length < GIVEN_PER_POST_MAX) {
    state.given.push({ kind, comment, at: UNDONE_EARLY })
  } else {
    context.count('given_reactions.undo_dropped')
    return false
  }
  return true
}

/**
 * Remembers when a user gave a post what may be taken back, and sends each undo on with that time, so that
 * every count downstream takes back exactly what it added. An undo takes back the reaction of its kind (and
 * comment) that came last; one that comes before its reaction waits for it.
 */
export const givenReactions: Processor<GivenReactions> = {
  name: 'given-reactions',
  about: 'When a user gave a post a reaction that may be undone.',
  state: layout,
  outputs: [undoneReactions],
  handlers: [
    on({
      input: reactions,
      key: (reaction, key) =>
        UNDOABLE.includes(reaction.kind) &&
        reaction.userId !== null &&
        key.id(reaction.userId) &&
        key.id(reaction.postId),
      process(reaction, state: GivenReactions, context) {
        const kind = UNDOABLE.indexOf(reaction.kind)
        return reaction.undo ? takeBack(state, reaction, kind, context) : give(state, reaction, kind, context)
      },
    }),
  ],
}

/** Nobody known gave it, so nothing can be looked up: the undo's own time must be that of the reaction. */
export const anonymousUndos: Mapper<Reaction> = {
  name: 'anonymous-undos',
  about: 'Passes on undos of nobody known, dated as they are.',
  input: reactions,
  outputs: [undoneReactions],
  map(reaction, context) {
    if (reaction.undo && reaction.userId === null) sendUndone(reaction, reaction.at, context)
  },
}

/** What a row of `given-reactions` remembers, oldest first: a reaction, or an undo that its reaction has yet to follow. */
export const readGivenReactions = (
  row: Buffer,
): readonly { readonly kind: ReactionKind; readonly at: Millis | 'undone early' }[] =>
  stateOf(layout, row).given.map(({ kind, at }) => ({
    kind: UNDOABLE[kind]!,
    at: at === UNDONE_EARLY ? 'undone early' : millis(at),
  }))
