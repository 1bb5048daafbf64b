import { on, type Processor, type StateLayout } from '../engine/processor.ts'
import { stateOf } from './rows.ts'
import { followerDeltas } from './topics/follower-deltas.ts'

interface Followers {
  count: number
}

const layout: StateLayout<Followers> = {
  version: 1,
  create: () => ({ count: 0 }),
  read: (reader) => ({ count: reader.signedVarint() }),
  write: (state, writer) => {
    if (state.count === 0) return false
    writer.signedVarint(state.count)
    return true
  },
}

/**
 * How many users follow each user: the number of `connections` rows that hold the follow, to the last one.
 * Survives the erasure of whoever is followed, for it is made of what others did.
 */
export const followers: Processor<Followers> = {
  name: 'followers',
  about: 'Number of followers of each user.',
  state: layout,
  handlers: [
    on({
      input: followerDeltas,
      key: (delta, key) => key.id(delta.userId),
      process: (delta, state) => {
        state.count += delta.followers
        return delta.followers !== 0
      },
    }),
  ],
  outputs: [],
}

/** The number of followers in a stored row. */
export const readFollowers = (stored: Buffer): number => Math.max(0, stateOf(layout, stored).count)
