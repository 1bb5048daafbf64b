import { compose, topology } from '../engine/topology.ts'
import { viewNodes } from '../features/nodes.ts'
import { author } from '../processors/views/author.ts'
import { authorByDay } from '../processors/views/author-by-day.ts'
import { postCountry } from '../processors/views/post-country.ts'
import { post } from '../processors/views/post.ts'
import { reactions } from './reactions.ts'

const views = topology('popularity', 'How posts and authors fare with everyone.', [
  ...viewNodes(post),
  ...viewNodes(postCountry),
  ...viewNodes(author),
  ...viewNodes(authorByDay),
])

/** How posts and authors fare with everyone: folded by key before it is rekeyed, so a viral post costs one row a commit. */
export const popularity = compose(views.name, views.about, [reactions, views])
