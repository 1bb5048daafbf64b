import { DeltaEmitter } from '../features/nodes.ts'
import { type Node, node } from '../engine/topology.ts'
import type { Context } from '../engine/processor.ts'
import { tasteWeight } from './content/taste-weights.ts'
import type { JoinedReaction } from './post-join.ts'
import { tasteReactions } from './topics/taste-reaction.ts'
import { userTaste } from './user-taste.ts'
import { hashtag } from './views/hashtag.ts'
import type { TaggedReaction } from './views/joined-reactions.ts'
import { userContainer } from './views/user-container.ts'
import { userHashtag } from './views/user-hashtag.ts'
import { userKind } from './views/user-kind.ts'

/** What counts reactions by what their post is and is about, fed by the join of reactions with posts. */
export class Tastes {
  readonly nodes: readonly Node[]
  readonly outputs
  private readonly kinds = new DeltaEmitter(userKind)
  private readonly containers = new DeltaEmitter(userContainer)
  private readonly userHashtags = new DeltaEmitter(userHashtag)
  private readonly hashtags = new DeltaEmitter(hashtag)

  constructor() {
    const emitters = [this.kinds, this.containers, this.userHashtags, this.hashtags]
    this.nodes = [...emitters.map((emitter) => emitter.node), node(userTaste)]
    this.outputs = [...emitters.map((emitter) => emitter.topic), tasteReactions]
  }

  emit(joined: JoinedReaction, context: Context): void {
    this.kinds.emit(joined, context)
    this.containers.emit(joined, context)
    for (const tag of joined.hashtags) this.emitTagged({ joined, hashtag: tag }, context)
    this.emitTaste(joined, context)
  }

  private emitTaste(joined: JoinedReaction, context: Context): void {
    const { userId, at, vector } = joined
    const weight = tasteWeight(joined)
    if (userId !== null && vector !== null && weight !== 0) {
      context.emit(tasteReactions, { userId, at, weight, vector })
    }
  }

  private emitTagged(tagged: TaggedReaction, context: Context): void {
    this.userHashtags.emit(tagged, context)
    this.hashtags.emit(tagged, context)
  }
}
