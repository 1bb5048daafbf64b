import { node, topology } from '../engine/topology.ts'
import { anonymousUndos, givenReactions } from '../processors/given-reactions.ts'
import { anonymousReactionRouting, reactionRouting } from '../processors/reaction-routing.ts'

/** What every count of reactions rests on: undos dated to what they take back, and reactions keyed by post. */
export const reactions = topology(
  'reactions',
  'Dates undos to what they take back, and keys reactions by post.',
  [
    node(givenReactions),
    node(anonymousUndos),
    node(reactionRouting),
    ...anonymousReactionRouting.map((each) => node(each)),
  ],
)
