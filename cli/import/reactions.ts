import { DAY_MS } from '../../schemas/ids.ts'
import type { Row } from './dump-file.ts'
import type { EventWriter, ReactionEvent } from './event-writer.ts'
import type { PostTable } from './post-table.ts'
import { authorIdOf, postIdOf, userIdOf } from './posts.ts'

export const COMMENT_COLUMNS = ['Id', 'PostId', 'UserId', 'CreationDate'] as const
export type CommentColumn = (typeof COMMENT_COLUMNS)[number]

export const VOTE_COLUMNS = ['Id', 'PostId', 'VoteTypeId', 'UserId', 'CreationDate'] as const
export type VoteColumn = (typeof VOTE_COLUMNS)[number]

const idOf = (userId: number | undefined): string | null => (userId === undefined ? null : String(userId))

/** Counts the row as skipped when its post is no event, for then no author is known. */
const isOnImportedPost = (what: string, postId: number, posts: PostTable, writer: EventWriter): boolean => {
  const type = posts.type(postId)
  if (type === undefined) writer.counter.skip(`${what} on a post that is not in the dump`)
  else if (type === 'other') writer.counter.skip(`${what} on a post of a skipped type`)
  else return true
  return false
}

/** Turns a row of Comments into a reaction. */
export const importComment = (
  row: Row<CommentColumn>,
  posts: PostTable,
  writer: EventWriter,
): Promise<void> | undefined => {
  const postId = postIdOf(row, 'PostId')
  if (!isOnImportedPost('comment', postId, posts, writer)) return undefined
  const commentId = row.required('Id', row.integer('Id'))
  const at = row.required('CreationDate', row.time('CreationDate'))
  return writer.reaction({
    eventId: `comment-${commentId}`,
    userId: idOf(userIdOf(row, 'UserId')),
    postId: String(postId),
    authorId: authorIdOf(postId, posts.author(postId)),
    kind: 'comment',
    commentId: String(commentId),
    at: writer.notBefore(posts.createdAt(postId), at),
  })
}

interface VoteMapping {
  readonly kind: ReactionEvent['kind']
  /** Who cast it, as far as the dump says. */
  readonly by: 'voter' | 'asker' | 'nobody'
}

/** By VoteTypeId. Types that are not here are acts of moderation or accounting, not of a reader. */
const VOTES: ReadonlyMap<string, VoteMapping> = new Map([
  ['1', { kind: 'like', by: 'asker' }],
  ['2', { kind: 'like', by: 'nobody' }],
  ['3', { kind: 'see_less', by: 'nobody' }],
  ['4', { kind: 'report', by: 'nobody' }],
  ['5', { kind: 'save', by: 'voter' }],
  ['12', { kind: 'report', by: 'nobody' }],
])

/** Turns a row of Votes into a reaction. */
export const importVote = (
  row: Row<VoteColumn>,
  posts: PostTable,
  writer: EventWriter,
): Promise<void> | undefined => {
  const typeId = row.text('VoteTypeId')
  const mapping = VOTES.get(typeId)
  if (mapping === undefined) {
    writer.counter.skip(`vote of type ${typeId}`)
    return undefined
  }
  const postId = postIdOf(row, 'PostId')
  if (!isOnImportedPost('vote', postId, posts, writer)) return undefined
  const voteId = row.required('Id', row.integer('Id'))
  const day = Math.floor(row.required('CreationDate', row.time('CreationDate')) / DAY_MS)
  return writer.reaction({
    eventId: `vote-${voteId}`,
    userId: voterOf(mapping, postId, posts, row),
    postId: String(postId),
    authorId: authorIdOf(postId, posts.author(postId)),
    kind: mapping.kind,
    // Dated to the day only. At its end, nobody learns from a vote before it was cast.
    at: writer.notBefore(posts.createdAt(postId), (day + 1) * DAY_MS - 1),
  })
}

const voterOf = (
  { by }: VoteMapping,
  postId: number,
  posts: PostTable,
  row: Row<VoteColumn>,
): string | null => {
  if (by === 'voter') return idOf(userIdOf(row, 'UserId'))
  const question = by === 'asker' ? posts.parent(postId) : undefined
  return question === undefined ? null : idOf(posts.author(question))
}
