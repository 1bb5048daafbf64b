import { compose, node, topology } from '../engine/topology.ts'
import { postComments } from '../processors/comments.ts'
import { hashtagWords } from '../processors/hashtag-words.ts'
import { integrity } from '../processors/integrity.ts'
import { postAttributes } from '../processors/post-attributes.ts'
import {
  mentions,
  postsByAuthor,
  postsByContainer,
  postsByHashtag,
  postsByHour,
} from '../processors/post-index.ts'
import { reactions } from './reactions.ts'

const stores = topology(
  'posts',
  'What posts are, where they are found, what is said below them and of them.',
  [
    node(postAttributes),
    node(postsByAuthor),
    node(postsByContainer),
    node(postsByHour),
    node(postsByHashtag),
    node(mentions),
    node(postComments),
    node(hashtagWords),
    node(integrity),
  ],
)

/** What posts are, where they are found, what is said below them and of them. */
export const posts = compose(stores.name, stores.about, [reactions, stores])
