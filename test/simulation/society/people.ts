/**
 * What may be asked of a member without the result hanging on how topics interleave:
 * - A *reader* is served feeds, so their slates race with what comes late or is erased: their events come in
 *   order for each post, never beyond the grace, and they are not erased.
 * - A *wanderer* is served none, and does everything else: late, undone before it was done, months ago.
 * - A *leaver* is erased. Around the erasure there is a quiet while, for whether what is dated about then
 *   comes before it would hang on the order of topics. They name no country, for an undo that is under way
 *   finds it forgotten or not.
 */
export type Role = 'reader' | 'wanderer' | 'leaver'

export interface Member {
  readonly id: string
  readonly role: Role
  /** Where they live at first. */
  readonly country: string | null
}

/** Ids that a plain object would stumble over, and more than ASCII. */
export const MEMBERS: readonly Member[] = [
  { id: 'ann', role: 'reader', country: 'JP' },
  { id: '__proto__', role: 'reader', country: 'DE' },
  { id: 'cyd', role: 'reader', country: null },
  { id: 'Zoë', role: 'wanderer', country: 'JP' },
  { id: 'constructor', role: 'wanderer', country: null },
  { id: 'dan', role: 'leaver', country: null },
  { id: 'eve', role: 'leaver', country: null },
]

export const membersOf = (...roles: readonly Role[]): readonly Member[] =>
  MEMBERS.filter(({ role }) => roles.includes(role))

export const COUNTRIES = ['JP', 'DE', null] as const
export const GROUPS = ['group-1', 'group-2'] as const
export const PAGES = ['page-1', 'toString'] as const
