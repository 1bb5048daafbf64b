import { connections, erasures, profiles } from '../../../processors/topics.ts'
import {
  CLOSENESSES,
  CONNECTION_ACTIONS,
  CONNECTION_KINDS,
  type ConnectionKind,
} from '../../../schemas/connections/index.ts'
import { DAY_MS } from '../../../schemas/ids.ts'
import { aProfile, later, T0 } from '../../processors/events.ts'
import { aConnection, anErasure } from '../../processors/personal-events.ts'
import { COUNTRIES, GROUPS, MEMBERS, membersOf, PAGES } from './people.ts'
import type { Society } from './society.ts'

/**
 * How often two may become friends. Either may end it, each in a log of their own; of a friendship begun three
 * times, a removal may arrive after two later beginnings, and then since when it is depends on that.
 */
const BEGINNINGS_MAX = 2

const targetOf = (kind: ConnectionKind, userId: string, { random }: Society): string => {
  if (kind === 'group') return random.pick(GROUPS)
  if (kind === 'page') return random.pick(PAGES)
  return random.pick(MEMBERS.filter(({ id }) => id !== userId)).id
}

/** Befriends, follows, joins, blocks or mutes, or takes it back. */
export const connect = (society: Society, beginnings: Map<string, number>): void => {
  const { random } = society
  const member = society.member()
  if (member === undefined) return
  const kind = random.chance(0.4) ? 'friend' : random.pick(CONNECTION_KINDS)
  const targetId = targetOf(kind, member.id, society)
  const between = [member.id, targetId].sort().join('\0')
  const begun = beginnings.get(between) ?? 0
  const added = random.pick(CONNECTION_ACTIONS) === 'added' && (kind !== 'friend' || begun < BEGINNINGS_MAX)
  if (added && kind === 'friend') beginnings.set(between, begun + 1)
  const value = aConnection({
    eventId: society.eventId(),
    userId: member.id,
    targetId,
    kind,
    closeness: random.pick(CLOSENESSES),
    action: added ? 'added' : 'removed',
    at: society.now,
  })
  society.publish(connections, value, member.role !== 'leaver')
}

const profileOf = (society: Society, userId: string, country: string | null) =>
  aProfile({
    eventId: society.eventId(),
    userId,
    country,
    language: society.random.pick([null, 'en', 'de']),
    birthYear: society.random.pick([null, 1980]),
    interests: society.random.pick([[], ['walks', 'constructor']]),
    at: later(society.now - T0),
  })

/** Everybody says where they live before anything else happens, even what is heard of long after. */
export const introduce = (society: Society): void => {
  society.now = T0 - 1_000 * DAY_MS
  for (const { id, country } of MEMBERS) society.send(profiles, profileOf(society, id, country), 0)
}

/**
 * Moves, or says something else of themselves. At once, for a profile that comes late changes no reaction that
 * came before it.
 */
export const changeProfile = (society: Society): void => {
  const member = society.member()
  if (member === undefined) return
  const country = member.role === 'leaver' ? null : society.random.pick(COUNTRIES)
  society.send(profiles, profileOf(society, member.id, country), 0)
}

/** Those who leave are erased, some of them twice. */
export const leave = (society: Society): void => {
  for (const { id } of membersOf('leaver')) {
    society.now = society.leavesAt(id)
    society.send(erasures, anErasure(society.now, id, society.eventId()), 0)
    if (society.random.chance(0.3)) society.send(erasures, anErasure(society.now, id, society.eventId()), 0)
  }
}
