import type { Audience } from '../../schemas/index.ts'
import { HOUR_MS, MINUTE_MS } from '../../schemas/ids.ts'
import type { Chance } from './chance.ts'
import type { Happening } from './event.ts'
import type { Person } from './people.ts'
import { AFTERTHOUGHTS, SUBJECTS } from './phrases.ts'
import { groupOf, pageOf } from './ties.ts'

export interface DemoPost {
  readonly postId: string
  readonly author: Person
  /** Index into SUBJECTS. */
  readonly subject: number
  readonly audience: Audience
  readonly containerId: string | undefined
  /** How good it is, whoever reads it; 1 on average, with a long tail. */
  readonly appeal: number
  readonly at: number
  /** Infinite for a post that stays. */
  readonly deletedAt: number
  readonly happenings: readonly Happening[]
}

export const POSTS_COUNT = 1_500

const EDITED_SHARE = 0.04
const DELETED_SHARE = 0.02
const JUDGED_SHARE = 0.04
/** The appeal below which a judged post is found wanting. */
const POOR_APPEAL = 0.5

/** Nobody posts in the last minute, so that every post may have been seen by somebody. */
const QUIET_MS = MINUTE_MS

/** People post more by day; the demo's day is UTC's. */
const postingTime = (from: number, now: number, chance: Chance): number => {
  for (;;) {
    const at = chance.between(from, now - QUIET_MS)
    const hour = (at / HOUR_MS) % 24
    if (chance.chance(0.65 - 0.35 * Math.cos(((hour - 3) / 24) * 2 * Math.PI))) return at
  }
}

const textOf = (subject: number, chance: Chance): string => {
  const { sentences, fillings } = SUBJECTS[subject]!
  const filled = chance.pick(sentences).replaceAll('{}', chance.pick(fillings))
  const sentence = filled.charAt(0).toUpperCase() + filled.slice(1)
  return chance.chance(0.5) ? sentence : `${sentence} ${chance.pick(AFTERTHOUGHTS)}`
}

const placeOf = (subject: number, chance: Chance): { audience: Audience; containerId?: string } => {
  const { name } = SUBJECTS[subject]!
  const draw = chance.next()
  if (draw < 0.15) return { audience: 'friends' }
  if (draw < 0.3) return { audience: 'group', containerId: groupOf(name) }
  if (draw < 0.38) return { audience: 'page', containerId: pageOf(name) }
  return { audience: 'public' }
}

/** The posts between `from` and `now`, in time order, each with what becomes of it. */
export const posts = (
  everyone: readonly Person[],
  from: number,
  now: number,
  chance: Chance,
): readonly DemoPost[] => {
  const subjects = SUBJECTS.map((_, subject) => subject)
  const times = Array.from({ length: POSTS_COUNT }, () => postingTime(from, now, chance)).sort(
    (a, b) => a - b,
  )
  return times.map((at, index) => {
    const [author] = chance.sample(everyone, 1, ({ output }) => output)
    const [subject] = chance.sample(subjects, 1, (each) => author!.tastes[each]! ** 2)
    return post(`post-${String(index + 1).padStart(4, '0')}`, author!, subject!, at, now, chance)
  })
}

const post = (
  postId: string,
  author: Person,
  subject: number,
  at: number,
  now: number,
  chance: Chance,
): DemoPost => {
  const { hashtags, kinds } = SUBJECTS[subject]!
  const place = placeOf(subject, chance)
  const appeal = Math.exp(0.7 * chance.normal() - 0.245)
  const fields = {
    postId,
    authorId: author.id,
    kind: chance.pick(kinds),
    ...place,
    text: textOf(subject, chance),
    language: 'en',
    hashtags: chance.sample(hashtags, chance.between(0, 3), () => 1),
  }
  const happenings: Happening[] = [{ topic: 'posts', at, fields: { ...fields, action: 'published' } }]
  if (chance.chance(EDITED_SHARE)) {
    const text = `${fields.text} (Edited: fixed a typo.)`
    const editedAt = at + Math.round(chance.exponential(10 * MINUTE_MS))
    happenings.push({ topic: 'posts', at: editedAt, fields: { ...fields, text, action: 'edited' } })
  }
  if (chance.chance(JUDGED_SHARE)) happenings.push(judgement(postId, appeal, at, chance))
  const deletedAt = chance.chance(DELETED_SHARE)
    ? at + HOUR_MS + Math.round(chance.exponential(6 * HOUR_MS))
    : Number.POSITIVE_INFINITY
  if (deletedAt < now)
    happenings.push({ topic: 'posts', at: deletedAt, fields: { ...fields, action: 'deleted' } })
  return {
    postId,
    author,
    subject,
    audience: place.audience,
    containerId: place.containerId,
    appeal,
    at,
    deletedAt,
    happenings,
  }
}

const judgement = (postId: string, appeal: number, at: number, chance: Chance): Happening => {
  const clickbait = Math.min(1, Math.max(0, 0.9 - appeal * 0.6 + 0.1 * chance.normal()))
  const verdict = appeal >= POOR_APPEAL ? 'allow' : chance.chance(0.3) ? 'remove' : 'downrank'
  return {
    topic: 'integrity',
    at: at + chance.between(MINUTE_MS, 30 * MINUTE_MS),
    fields: { postId, verdict, scores: { clickbait, spam: clickbait * chance.next() } },
  }
}
