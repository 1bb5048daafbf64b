import { node, topology } from '../engine/topology.ts'
import { viewNodes } from '../features/nodes.ts'
import { anonymousUndos, givenReactions } from '../processors/given-reactions.ts'
import { touchedAuthors } from '../processors/touched-authors.ts'
import { user } from '../processors/views/user.ts'
import { userAuthor } from '../processors/views/user-author.ts'

/** What a user does with each author: the part of a feed that is personal. */
export const affinity = topology('affinity', 'What a user does with each author.', [
  node(givenReactions),
  node(anonymousUndos),
  ...viewNodes(userAuthor),
  ...viewNodes(user),
  node(touchedAuthors),
])
