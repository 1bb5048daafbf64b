import { HASHTAGS_MAX } from '../../schemas/posts/v1.ts'
import type { Row } from './dump-file.ts'
import type { EventWriter } from './event-writer.ts'
import { POST_ID_MAX } from './post-table.ts'
import type { PostTable, PostType } from './post-table.ts'
import type { TitleTagger } from './title-tags.ts'

export const POST_COLUMNS = [
  'Id',
  'PostTypeId',
  'ParentId',
  'OwnerUserId',
  'CreationDate',
  'LastEditDate',
  'Title',
] as const
export const POST_COLUMNS_OPTIONAL = ['Tags'] as const
export type PostColumn = (typeof POST_COLUMNS)[number] | (typeof POST_COLUMNS_OPTIONAL)[number]

const TYPE_QUESTION = '1'
const TYPE_ANSWER = '2'
const USER_ID_MAX = 0x7fff_ffff

const typeOf = (typeId: string): PostType => {
  if (typeId === TYPE_QUESTION) return 'question'
  return typeId === TYPE_ANSWER ? 'answer' : 'other'
}

/** A user id, or undefined where the dump has none. The Community user is -1. */
export const userIdOf = <Column extends string>(row: Row<Column>, column: Column): number | undefined => {
  const userId = row.integer(column)
  if (userId !== undefined && Math.abs(userId) > USER_ID_MAX) throw row.broken(column, 'a user id')
  return userId
}

/** A post's id: no table of posts reaches further. */
export const postIdOf = <Column extends string>(row: Row<Column>, column: Column): number => {
  const postId = row.required(column, row.integer(column))
  if (postId < 1 || postId > POST_ID_MAX) throw row.broken(column, `an id from 1 to ${POST_ID_MAX}`)
  return postId
}

/**
 * The author of a post as a user id. An author that the dump does not name gets a pseudonym of this post
 * alone: one name for all of them would look like one person whom many people like.
 */
export const authorIdOf = (postId: number, author: number | undefined): string =>
  author === undefined ? `unknown-author-of-${postId}` : String(author)

/** `<air-travel><visas>` and `|air-travel|visas|`, as older and newer dumps write it. */
const tagsOfColumn = (text: string): readonly string[] => [
  ...new Set(text.toLowerCase().match(/[^<>|]+/g) ?? []),
]

/** Turns a row of Posts into its events, and remembers the post for the reactions on it. */
export const importPost = async (
  row: Row<PostColumn>,
  posts: PostTable,
  tagger: TitleTagger | undefined,
  writer: EventWriter,
): Promise<void> => {
  const postId = postIdOf(row, 'Id')
  const type = typeOf(row.text('PostTypeId'))
  if (type === 'other') {
    posts.add(postId, { type, author: undefined, parent: undefined, createdAt: 0 })
    writer.counter.skip(`post of type ${row.text('PostTypeId')}`)
    return
  }
  const author = userIdOf(row, 'OwnerUserId')
  const parent = type === 'answer' ? postIdOf(row, 'ParentId') : undefined
  const createdAt = row.required('CreationDate', row.time('CreationDate'))
  posts.add(postId, { type, author, parent, createdAt })

  const title = row.text('Title')
  const hashtags = tagger === undefined ? tagsOfColumn(row.text('Tags')) : tagger(title)
  const post = {
    postId: String(postId),
    authorId: authorIdOf(postId, author),
    kind: 'text',
    audience: 'public',
    ...(parent === undefined ? {} : { containerId: String(parent) }),
    ...(title === '' ? {} : { text: title }),
    language: 'en',
    ...(hashtags.length === 0 ? {} : { hashtags: hashtags.slice(0, HASHTAGS_MAX) }),
  } as const
  await writer.post({ eventId: `post-${postId}`, action: 'published', ...post, at: createdAt })
  const editedAt = row.time('LastEditDate')
  if (editedAt !== undefined) {
    const at = writer.notBefore(createdAt, editedAt)
    await writer.post({ eventId: `edit-${postId}`, action: 'edited', ...post, at })
  }
}
