import type { Driver } from '../../../engine/driver/driver.ts'
import { reactions } from '../../../processors/topics.ts'
import { DAY_MS, HOUR_MS } from '../../../schemas/ids.ts'
import type { Reaction } from '../../../schemas/reactions/index.ts'
import { aReaction, later, T0 } from '../../processors/events.ts'
import { changeProfile, connect, introduce, leave } from './connections.ts'
import { publishNonsense } from './faults.ts'
import { reactToFeed, serve, type Slate } from './feeds.ts'
import { MEMBERS } from './people.ts'
import { authorOf, judgement, post, postAt, postIds } from './posts.ts'
import type { Publication } from './publication.ts'
import { type Done, leaf, react, reactLongAgo, repeat, takeBackFirst } from './reactions.ts'
import { Society } from './society.ts'

const ACTIONS = 160
/** Archives are leafed through this often, if at all. */
const LEAVES_MAX = 2

/** The records of a seed, in the order in which they get to the log. */
export const publicationsOf = (seed: number): readonly Publication[] => {
  const society = new Society(seed)
  introduce(society)
  leave(society)
  const act = actionsOf(society)
  const times = Array.from({ length: ACTIONS }, () => T0 + 1 + society.random.below(society.spanMs))
  for (const time of times.sort((one, other) => one - other)) {
    society.now = time
    act()
  }
  for (let leaves = society.random.below(LEAVES_MAX + 1); leaves > 0; leaves--) {
    society.now = T0 + 1 + society.random.below(society.spanMs)
    leaf(society)
  }
  return society.publications.sort((one, other) => one.sentAt - other.sentAt)
}

/** One thing after the other, of those that happen often more. */
const actionsOf = (society: Society): (() => void) => {
  const { random } = society
  const done: Done[] = []
  const slates: Slate[] = []
  const beginnings = new Map<string, number>()
  const note = (each: Done | undefined): void => {
    if (each !== undefined) done.push(each)
  }
  const often: readonly (readonly [number, () => void])[] = [
    [30, () => note(react(society))],
    [12, () => done.length > 0 && repeat(society, random.pick(done), true)],
    [4, () => done.length > 0 && note(repeat(society, random.pick(done), false))],
    [4, () => takeBackFirst(society)],
    [2, () => note(reactLongAgo(society))],
    [14, () => post(society)],
    [3, () => judgement(society)],
    [10, () => connect(society, beginnings)],
    [4, () => changeProfile(society)],
    [4, () => slates.push(serve(society))],
    [14, () => slates.length > 0 && note(reactToFeed(society, random.pick(slates.slice(-3))))],
    [2, () => publishNonsense(society)],
  ]
  const choices = often.flatMap(([times, action]) => Array.from({ length: times }, () => action))
  return () => random.pick(choices)()
}

/** How long after its last event a society's time goes on: windows end, erasures are forgotten, waits are over. */
const AFTERMATHS_MS = [HOUR_MS, 2 * DAY_MS, 12 * DAY_MS]
const IDLE_MS = 10_000
/** Twice, for a task that starts during the first waits for topics that are quiet. */
export const LAST_ROUNDS = [1, 2] as const

/** Everybody, of every partition, is heard of once more, so that the same time comes everywhere. */
export const lastReactions = (seed: number, round: (typeof LAST_ROUNDS)[number]): Reaction[] => {
  const at = later(3 * DAY_MS + AFTERMATHS_MS[seed % AFTERMATHS_MS.length]! + round)
  const known = MEMBERS.map(({ id }) => ({ userId: id, postId: postAt(0) }))
  const unknown = postIds().map((postId) => ({ userId: null, postId }))
  return [...known, ...unknown].map((each, index) => {
    const { postId } = each
    const eventId = `last of round ${round}, ${index}`
    return aReaction({ ...each, eventId, authorId: authorOf(postId), kind: 'view', at })
  })
}

/** Lets time pass until after everything: topics that are quiet no longer hold it back. */
export const letTimePass = async (
  driver: Pick<Driver, 'publish' | 'advance'>,
  seed: number,
  round: (typeof LAST_ROUNDS)[number],
): Promise<void> => {
  driver.advance(IDLE_MS)
  for (const reaction of lastReactions(seed, round)) await driver.publish(reactions, reaction)
}
