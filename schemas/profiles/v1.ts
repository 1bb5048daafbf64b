import { integer } from '../declare/numbers.ts'
import { list } from '../declare/composites.ts'
import { field, listOrEmpty, optional, record } from '../declare/record.ts'
import { country, id, label, language } from '../declare/text.ts'
import type { ValueOf } from '../declare/kind.ts'
import { at, eventId } from '../fields.ts'
import type { UserId } from '../ids.ts'

export const INTERESTS_MAX = 64

export const profileV1 = record(
  'Profile',
  'What a user says of themselves, whole: it replaces what was said before.',
  {
    eventId,
    userId: field(id<UserId>(), 'The user.'),
    country: optional(country(), 'Where the user lives.'),
    language: optional(language(), 'The language they read.'),
    birthYear: optional(integer(1_900, 2_100), 'Year of birth.'),
    gender: optional(label(), "Gender, in the publisher's words."),
    interests: listOrEmpty(list(label(), INTERESTS_MAX), "Interests, in the publisher's words."),
    at,
  },
)

export type Profile = ValueOf<typeof profileV1>
