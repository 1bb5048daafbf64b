import { DAY_MS } from '../../schemas/ids.ts'
import { Chance } from './chance.ts'
import type { DemoEvent, Happening } from './event.ts'
import { people, profiles } from './people.ts'
import { posts } from './posts.ts'
import { reactionsTo } from './reactions.ts'
import { ties } from './ties.ts'

export type { DemoEvent } from './event.ts'
export { NOTABLE_ID } from './people.ts'

/** How far back the posts go. */
export const SPAN_MS = 3 * DAY_MS

export interface DemoOptions {
  readonly seed: number
  /** Milliseconds since the epoch; everything happens up to it, and nothing after. */
  readonly now: number
}

/**
 * Some 20,000 events of a small invented community, in time order: profiles and ties of the two years before,
 * then three days of posts and what people did with them. Readers have tastes, and favour authors close to them;
 * so a feed made from these events can be seen to make sense. The same seed and time give the same events.
 * Ids count from 1 whatever the seed and time, so events of two runs do not mix in one log.
 */
export function* demoEvents({ seed, now }: DemoOptions): Generator<DemoEvent> {
  const happenings = community(new Chance(seed), now)
  const inOrder = happenings.filter(({ at }) => at <= now).sort((one, other) => one.at - other.at)
  let number = 0
  for (const { topic, at, fields } of inOrder) {
    const eventId = `demo-${String(++number).padStart(5, '0')}`
    yield { topic, value: { eventId, ...fields, at } }
  }
}

const community = (chance: Chance, now: number): readonly Happening[] => {
  const from = now - SPAN_MS
  const everyone = people(chance)
  const book = ties(everyone, from, chance)
  const written = posts(everyone, from, now, chance)
  return [
    ...profiles(everyone, from, chance),
    ...book.happenings,
    ...written.flatMap((post) => post.happenings),
    ...written.flatMap((post) => reactionsTo(post, everyone, book, now, chance)),
  ]
}
