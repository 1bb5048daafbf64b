import type { Envelope } from '../../../schemas/envelope.ts'
import { DAY_MS } from '../../../schemas/ids.ts'
import type { Reaction, ReactionKind } from '../../../schemas/reactions/index.ts'
import { views } from '../../../topologies/index.ts'
import type { Outcome } from './recount.ts'

/** What is counted of each view, and of whom: written down here once more, for a mistake in the views is to show. */
const COUNTED = {
  post: {
    of: ({ postId }: Reaction) => [postId],
    totals: { views: ['view'], likes: ['like'], comments: ['comment'], shares: ['share'], saves: ['save'] },
  },
  author: {
    of: ({ authorId }: Reaction) => [authorId],
    totals: { views: ['view'], follows: ['follow_author', 'connect_request'] },
  },
  'user-author': {
    of: ({ userId, authorId }: Reaction) => (userId === null ? undefined : [userId, authorId]),
    totals: { views: ['view'], likes: ['like'], shares: ['share', 'save'], skips: ['skip'] },
  },
} as const satisfies Record<
  string,
  {
    readonly of: (reaction: Reaction) => readonly string[] | undefined
    readonly totals: Readonly<Record<string, readonly ReactionKind[]>>
  }
>

type Name = keyof typeof COUNTED

/** What people look at; all else counted here can be taken back, once each. */
const LASTING: ReadonlySet<ReactionKind> = new Set(['view', 'skip'])
/** Rows that nothing was added to for so long go. */
const KEPT_MS = 420 * DAY_MS

const isReaction = (event: Envelope): event is Envelope & { readonly value: Reaction } =>
  event.contract.topic === 'reactions'

/**
 * Reactions that stand, each id once: less what was taken back, which takes one reaction of its user, post, kind and
 * comment with it, before it or after it.
 */
const standing = (events: readonly Envelope[]): Reaction[] => {
  const distinct = new Map(events.filter(isReaction).map(({ value }) => [value.eventId, value]))
  const groups = Map.groupBy(distinct.values(), ({ userId, postId, kind, commentId }) =>
    JSON.stringify([userId, postId, kind, kind === 'comment' ? commentId : null]),
  )
  return [...groups.values()].flatMap((group) => {
    const given = group.filter(({ undo }) => !undo)
    const undone = LASTING.has(group[0]!.kind) ? 0 : group.length - given.length
    return given.slice(Math.min(undone, given.length))
  })
}

const keyOf = (ids: readonly string[]): string => Buffer.from(ids.join('\0')).toString('latin1')

/** Totals of a view by key, straight from reactions; undefined of a key whose row may have gone in between. */
const countedFrom = (
  reactions: readonly Reaction[],
  name: Name,
  keptFrom: number,
): Map<string, Record<string, number> | undefined> => {
  const { of, totals } = COUNTED[name]
  const byKey = Map.groupBy(reactions, (reaction) => {
    const ids = of(reaction)
    return ids === undefined ? undefined : keyOf(ids)
  })
  const counted = new Map<string, Record<string, number> | undefined>()
  for (const [key, ofKey] of byKey) {
    if (key === undefined) continue
    const ofKinds = Object.entries<readonly ReactionKind[]>(totals).map(([total, kinds]) => [
      total,
      ofKey.filter(({ kind }) => kinds.includes(kind)).length,
    ])
    const isKept = ofKey.every(({ at }) => at >= keptFrom)
    counted.set(key, isKept ? (Object.fromEntries(ofKinds) as Record<string, number>) : undefined)
  }
  return counted
}

/** The same totals as they stand in rows; of no row, none. */
const totalsIn = (row: string | undefined, name: Name, asOf: number): Record<string, number> => {
  const value = Buffer.from(row ?? '', 'hex')
  const columns = row === undefined ? {} : views.get(name)!.describe(value.subarray(1), asOf)
  const totals = Object.keys(COUNTED[name].totals)
  return Object.fromEntries(
    totals.map((total) => [total, columns[`${name.replaceAll('-', '_')}.${total}.total`] ?? 0]),
  )
}

export interface CountedTotals {
  /** Rows whose totals were counted by hand. */
  readonly countedRows: number
  /** Those of them in which another total stands. */
  readonly countedWrong: number
}

/**
 * Counts by hand what posts, authors and pairs of user and author came to, from the events alone: of all that made the
 * rows nothing is used but their layout. Holds for events without erasures.
 */
export const countTotals = (events: readonly Envelope[], { rows }: Outcome): CountedTotals => {
  const times = events.map(({ contract, value }) => contract.timeOf(value))
  const newest = times.reduce((one, other) => Math.max(one, other), -Infinity)
  const reactions = standing(events)
  let countedRows = 0
  let countedWrong = 0
  for (const name of Object.keys(COUNTED) as Name[]) {
    const counted = countedFrom(reactions, name, newest - KEPT_MS)
    const stored = [...rows.keys()].filter((each) => each.startsWith(`${name}/`))
    const keys = new Set([...counted.keys(), ...stored.map((each) => each.slice(name.length + 1))])
    for (const key of keys) {
      const wanted = counted.has(key) ? counted.get(key) : {}
      if (wanted === undefined) continue
      const found = totalsIn(rows.get(`${name}/${key}`), name, newest)
      countedRows++
      if (Object.entries(found).some(([total, value]) => value !== (wanted[total] ?? 0))) countedWrong++
    }
  }
  return { countedRows, countedWrong }
}
