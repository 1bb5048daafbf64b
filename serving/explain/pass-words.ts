import { PASS_0_KEPT_MAX } from '../quotas.ts'
import type { Explanation, PassWord } from './explanation.ts'
import {
  type CandidateRecord,
  type Cut,
  DROPPED_BY_PASS_0,
  DROPPED_BY_PASS_1,
  type PassRecord,
  type ServedFeed,
} from './served-feed.ts'

/** What passes have to say of a candidate. */
export const passesOf = (
  { passes, outcome }: CandidateRecord,
  { cuts }: ServedFeed,
): Explanation['passes'] => {
  const [light, heavy, context] = passes
  return {
    ...(light.rank !== -1 && { pass0: wordOf(light, cuts[0], outcome !== DROPPED_BY_PASS_0) }),
    ...(heavy.rank !== -1 && { pass1: wordOf(heavy, cuts[1], outcome !== DROPPED_BY_PASS_1) }),
    ...(context.rank !== -1 && { pass2: { ...context, kept: true, shortBy: null } }),
  }
}

const wordOf = (pass: PassRecord, cut: Cut, kept: boolean): PassWord => ({
  ...pass,
  kept,
  shortBy: kept || cut.byRank === 0 ? null : Math.max(0, cut.score - pass.score),
})

/** A sentence, after a space, of what pass 0 kept though its rank is beyond what it keeps; nothing of others. */
export const exploredText = (word: PassWord | undefined): string =>
  word === undefined || !word.kept || word.rank < PASS_0_KEPT_MAX
    ? ''
    : ` Pass 0 had it in place ${word.rank + 1} and kept it to be explored: of some feeds it keeps a few that it would drop, for the light model to learn whether it is right.`

const SHOWN_DIGITS = 4

/** Why a pass dropped a candidate that came to it. */
export const droppedBy = (
  pass: 0 | 1,
  word: PassWord | undefined,
  { cuts, degraded }: ServedFeed,
): Pick<Explanation, 'outcome' | 'text'> => {
  const cut = cuts[pass]
  const failure = degraded.find(({ stage }) => stage === `pass-${pass}`)
  if (failure !== undefined) {
    const text = `Pass ${pass} was dropped (${failure.reason}), and only the first ${cut.kept} candidates went on.`
    return { outcome: 'dropped', text }
  }
  const why = word === undefined ? `: it keeps ${cut.kept}.` : shortOf(word, cut)
  return { outcome: 'dropped', text: `Dropped by pass ${pass}${why}` }
}

const shortOf = ({ rank, shortBy }: PassWord, { kept, byRank }: Cut): string => {
  const place = ` in place ${rank + 1}`
  if (rank < kept) return `${place} of the ${kept} that it keeps: its place went to one that is explored.`
  const short = shortBy === null ? '' : `, ${Number(shortBy.toPrecision(SHOWN_DIGITS))} short of the last`
  if (byRank === kept) return `${place}${short}: it keeps ${kept}.`
  return `${place}${short} kept for its rank: it keeps ${byRank} so, and ${kept - byRank} to be explored.`
}
