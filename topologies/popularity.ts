import { compose, topology } from '../engine/topology.ts'
import { viewNodes } from '../features/nodes.ts'
import { postCountryRows } from '../processors/reaction-routing.ts'
import { author } from '../processors/views/author.ts'
import { authorByDay } from '../processors/views/author-by-day.ts'
import { post } from '../processors/views/post.ts'
import { reactions } from './reactions.ts'

const views = topology('popularity', 'How posts and authors fare with everyone.', [
  ...viewNodes(post),
  postCountryRows,
  ...viewNodes(author),
  ...viewNodes(authorByDay),
])

/**
 * How posts and authors fare with everyone: what reactions add is folded by key before it is rekeyed, so a viral post
 * costs each of its counts one row a commit. Not folded is what joins and comments need of each reaction, see
 * `reactions-by-post`; of that nothing is read here.
 */
export const popularity = compose(views.name, views.about, [reactions, views])
