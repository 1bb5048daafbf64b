import { compose, node, topology } from '../engine/topology.ts'
import { postJoin } from '../processors/post-join.ts'
import { Tastes } from '../processors/tastes.ts'
import { reactions } from './reactions.ts'

const counted = new Tastes()

const joins = topology(
  'tastes',
  'Counts reactions by what their posts are: kinds, containers and hashtags.',
  [node(postJoin((joined, context) => counted.emit(joined, context), counted.outputs)), ...counted.nodes],
)

/** What a user does with kinds of posts, containers and hashtags, what they like to read about, and which hashtags trend. */
export const tastes = compose(joins.name, joins.about, [reactions, joins])
