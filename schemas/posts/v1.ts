import { float } from '../declare/numbers.ts'
import { list, oneOf } from '../declare/composites.ts'
import { field, listOrEmpty, optional, record } from '../declare/record.ts'
import { hashtag, id, language, text } from '../declare/text.ts'
import type { ValueOf } from '../declare/kind.ts'
import { at, eventId } from '../fields.ts'
import type { ContainerId, PostId, UserId } from '../ids.ts'
import { POST_KINDS } from './kinds.ts'

export const POST_ACTIONS = ['published', 'edited', 'deleted'] as const
export type PostAction = (typeof POST_ACTIONS)[number]

export const AUDIENCES = ['public', 'friends', 'group', 'page'] as const
export type Audience = (typeof AUDIENCES)[number]

export const TEXT_CHARACTERS_MAX = 10_000
export const HASHTAGS_MAX = 32
export const MENTIONS_MAX = 64
export const EMBEDDING_DIMENSIONS_MAX = 1_024

export const postV1 = record(
  'Post',
  'A post was published, edited or deleted. An edit carries the whole post as it now is.',
  {
    eventId,
    postId: field(id<PostId>(), 'The post.'),
    authorId: field(id<UserId>(), 'Who wrote it.'),
    action: field(oneOf('PostAction', POST_ACTIONS), 'What happened to it.'),
    kind: field(oneOf('PostKind', POST_KINDS), 'What it is made of.'),
    audience: field(oneOf('Audience', AUDIENCES), 'Who may see it.'),
    containerId: optional(id<ContainerId>(), 'The group, page or thread it was posted in.'),
    text: optional(text(TEXT_CHARACTERS_MAX), 'What it says.'),
    language: optional(language(), 'Language of the text.'),
    hashtags: listOrEmpty(
      list(hashtag(), HASHTAGS_MAX),
      'Hashtags; in JSON with or without "#", in any case.',
    ),
    mentions: listOrEmpty(list(id<UserId>(), MENTIONS_MAX), 'Users that the post names.'),
    contentEmbedding: optional(
      list(float(), EMBEDDING_DIMENSIONS_MAX),
      "The content as a vector of the publisher's making.",
    ),
    at,
  },
)

export type Post = ValueOf<typeof postV1>
