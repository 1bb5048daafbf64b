import { reactions } from '../../../processors/topics.ts'
import type { Reaction, ReactionKind } from '../../../schemas/reactions/index.ts'
import { views } from '../../../topologies/index.ts'
import { LAST_ROUNDS, lastReactions, publicationsOf } from './index.ts'
import { postIds } from './posts.ts'
import type { Outcome } from './runs.ts'

/** Kinds that a view counts by themselves, and that only one undo takes back. */
const TAKEN_BACK = ['like', 'comment', 'share', 'save'] as const satisfies readonly ReactionKind[]
const NAMES: Readonly<Record<(typeof TAKEN_BACK)[number], string>> = {
  like: 'likes',
  comment: 'comments',
  share: 'shares',
  save: 'saves',
}

type Totals = Record<string, number>

/** What was published of reactions, each event once. */
const distinct = (seed: number): Reaction[] => {
  const published = publicationsOf(seed)
    .filter(({ topic, value }) => topic === reactions.name && value !== undefined)
    .map(({ value }) => value as Reaction)
  const last = LAST_ROUNDS.flatMap((round) => lastReactions(seed, round))
  return [...new Map([...published, ...last].map((each) => [each.eventId, each])).values()]
}

/**
 * Totals of each post by definition. An undo takes back one reaction of its user, post, kind and comment,
 * before it or after it, and nothing where there is none; whoever is not known may take back anything, but never
 * more than there is of it.
 */
export const recountPosts = (seed: number): Record<string, Totals> => {
  const totals: Record<string, Totals> = {}
  const given = new Map<string, { readonly reaction: Reaction; count: number }>()
  for (const reaction of distinct(seed)) {
    const { userId, postId, kind, commentId, undo } = reaction
    const key = JSON.stringify([userId, postId, kind, kind === 'comment' ? commentId : null])
    const known = given.get(key) ?? { reaction, count: 0 }
    known.count += undo ? -1 : 1
    given.set(key, known)
  }
  for (const postId of postIds()) totals[postId] = { views: 0, likes: 0, comments: 0, shares: 0, saves: 0 }
  for (const { reaction, count } of given.values()) {
    const counted = totals[reaction.postId]
    if (counted === undefined) continue
    if (reaction.kind === 'view') counted['views']! += count
    const kind = TAKEN_BACK.find((each) => each === reaction.kind)
    if (kind !== undefined) counted[NAMES[kind]]! += reaction.userId === null ? count : Math.max(0, count)
  }
  for (const counted of Object.values(totals)) {
    for (const [name, count] of Object.entries(counted)) counted[name] = Math.max(0, count)
  }
  return totals
}

/** The same totals as they stand in the state. */
export const totalsOf = ({ state }: Outcome, seed: number): Record<string, Totals> => {
  const asOf = lastReactions(seed, 2)[0]!.at
  const totals: Record<string, Totals> = {}
  for (const postId of postIds()) {
    const row = Buffer.from(state.get(`post/${postId}`) ?? '', 'hex')
    const columns = views.get('post')!.describe(row.subarray(1), asOf)
    const names = ['views', ...Object.values(NAMES)]
    totals[postId] = Object.fromEntries(names.map((name) => [name, columns[`post.${name}.total`]!]))
  }
  return totals
}
