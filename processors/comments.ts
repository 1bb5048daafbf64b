import { ByteReader, ByteWriter } from '../engine/bytes.ts'
import type { Processor, StateLayout } from '../engine/processor.ts'
import { on } from '../engine/processor.ts'
import type { Millis, UserId } from '../schemas/ids.ts'
import { NewestRecords } from './newest-records.ts'
import { rowReader, stateOf } from './rows.ts'
import { type PostReaction, reactionsByPost } from './topics/post-reaction.ts'

/** Comments listed of a post, taken-back ones included. */
export const COMMENTS_LISTED_MAX = 64

interface PostComments {
  /** Comments made minus comments taken back: below zero while an undo is ahead of its comment. */
  total: number
  /** Newest comment without an id, which cannot be listed; 0 for none. */
  unlistedAt: number
  /** A last-write-wins register for each commentId: `u8 undone · user?`. */
  readonly listed: NewestRecords
}

const comments: PostComments = { total: 0, unlistedAt: 0, listed: new NewestRecords(COMMENTS_LISTED_MAX) }

const layout: StateLayout<PostComments> = {
  version: 1,
  create() {
    comments.total = 0
    comments.unlistedAt = 0
    comments.listed.clear()
    return comments
  },
  read(reader) {
    comments.total = reader.signedVarint()
    comments.unlistedAt = reader.f64()
    comments.listed.load(reader)
    return comments
  },
  write({ total, unlistedAt, listed }, writer) {
    writer.signedVarint(total)
    writer.f64(unlistedAt)
    listed.save(writer)
    return true
  },
}

const UNDONE = 1
const payload = new ByteReader()
const register = new ByteWriter()

/** Later writes win; of those at the same time the greater bytes, so that an undo wins over its comment. */
const list = ({ commentId, userId, undo, at }: PostReaction, listed: NewestRecords): void => {
  const id = Buffer.from(commentId!)
  register.reset()
  register.u8(undo ? UNDONE : 0)
  if (userId !== null) register.string(userId)
  const written = register.view()
  const known = listed.findId(id)
  if (known >= 0) {
    const order = at - listed.at(known) || -listed.comparePayload(known, written)
    if (order <= 0) return
    listed.remove(known)
  }
  listed.add(at, id, written)
}

/**
 * Comments of each post: how many, and the newest `COMMENTS_LISTED_MAX` with who wrote them. An undo is a
 * write of its comment's register, so it holds whichever comes first. A comment without a `commentId` is
 * counted but not listed: its undo could not be told from another's.
 */
export const postComments: Processor<PostComments> = {
  name: 'comments',
  about: "Counts each post's comments and keeps the newest.",
  state: layout,
  handlers: [
    on({
      input: reactionsByPost,
      key: (reaction, key) => reaction.kind === 'comment' && key.id(reaction.postId),
      process(reaction, state: PostComments) {
        state.total += reaction.undo ? -1 : 1
        if (reaction.commentId !== null) list(reaction, state.listed)
        else if (reaction.at > state.unlistedAt) state.unlistedAt = reaction.at
        return true
      },
    }),
  ],
  outputs: [],
}

/** How many comments the post has. */
export const readCommentCount = (row: Buffer): number => Math.max(0, stateOf(layout, row).total)

/** Comments that a viewer has not seen. */
export interface UnseenComments {
  readonly count: number
  /** False when there may be more than `count`. */
  readonly exact: boolean
  /** Who wrote them, newest first, each once; unknown users are left out. */
  readonly userIds: readonly UserId[]
}

/** As the layout reads it, but that the records stay where they lie. */
const readInPlace = (row: Buffer): PostComments => {
  const reader = rowReader(layout, row)
  const total = reader.signedVarint()
  const unlistedAt = reader.f64()
  return { total, unlistedAt, listed: new NewestRecords(COMMENTS_LISTED_MAX).over(reader) }
}

/** Comments made after `since` by others than `exceptUserId`, in a row of `comments`. */
export const unseenComments = (row: Buffer, since: Millis, exceptUserId: UserId): UnseenComments => {
  const { listed, unlistedAt } = readInPlace(row)
  const userIds = new Set<UserId>()
  let count = 0
  for (let place = listed.newest(); place >= 0 && listed.at(place) > since; place = listed.older(place)) {
    listed.payload(place, payload)
    if (payload.u8() === UNDONE) continue
    const userId = payload.left > 0 ? (payload.string() as UserId) : null
    if (userId === exceptUserId) continue
    count++
    if (userId !== null) userIds.add(userId)
  }
  return { count, exact: unlistedAt <= since && listsAllAfter(listed, since), userIds: [...userIds] }
}

/** What was pushed out is no newer than the oldest record kept. */
const listsAllAfter = (listed: NewestRecords, since: Millis): boolean =>
  !listed.overflowed || listed.at(listed.oldest()) <= since
