import { DAY_MS } from '../../schemas/ids.ts'
import type { Chance } from './chance.ts'
import type { Happening } from './event.ts'
import { NAMES, SUBJECTS } from './phrases.ts'

export interface Person {
  readonly id: string
  readonly country: string
  readonly language: string
  /** How much they care for each subject, from 0 to 1, in the order of SUBJECTS. */
  readonly tastes: readonly number[]
  /** How much of the feed they read, 1 on average. */
  readonly activity: number
  /** How often they post; 0 for those who only read. */
  readonly output: number
}

/** Whom the README's request asks about: she reads much, and is tied to many. */
export const NOTABLE_ID = 'ada'

export const PEOPLE_COUNT = 200
export const AUTHORS_COUNT = 60

const PLACES = [
  { country: 'GB', language: 'en' },
  { country: 'US', language: 'en' },
  { country: 'DE', language: 'de' },
  { country: 'FR', language: 'fr' },
  { country: 'ES', language: 'es' },
  { country: 'BR', language: 'pt-br' },
  { country: 'JP', language: 'ja' },
  { country: 'IN', language: 'en' },
] as const

const NOTABLE_ACTIVITY = 5
const NOTABLE_OUTPUT = 0.1
const NOTABLE_TASTES = ['travel', 'photography', 'programming']

const tastesOf = (id: string, chance: Chance): readonly number[] => {
  const favourites = new Set(
    id === NOTABLE_ID
      ? NOTABLE_TASTES
      : chance.sample(SUBJECTS, chance.between(1, 3), () => 1).map(({ name }) => name),
  )
  return SUBJECTS.map(({ name }) => (favourites.has(name) ? 0.6 + 0.4 * chance.next() : 0.25 * chance.next()))
}

const outputOf = (id: string, index: number): number => {
  if (id === NOTABLE_ID) return NOTABLE_OUTPUT
  return index < AUTHORS_COUNT ? 1 / Math.sqrt(index) : 0
}

/** The first AUTHORS_COUNT of them post, the earlier the more. */
export const people = (chance: Chance): readonly Person[] =>
  NAMES.slice(0, PEOPLE_COUNT).map((id, index) => ({
    id,
    ...chance.pick(PLACES),
    tastes: tastesOf(id, chance),
    activity: id === NOTABLE_ID ? NOTABLE_ACTIVITY : 0.3 + chance.exponential(0.7),
    output: outputOf(id, index),
  }))

/** How alike two people's tastes are: the cosine of the angle between them, from 0 to 1. */
export const likeness = (one: Person, other: Person): number => {
  let both = 0
  let ones = 0
  let others = 0
  for (const [subject, taste] of one.tastes.entries()) {
    const otherTaste = other.tastes[subject] ?? 0
    both += taste * otherTaste
    ones += taste * taste
    others += otherTaste * otherTaste
  }
  return both / Math.sqrt(ones * others)
}

const INTEREST_MIN = 0.5
const JOINED_DAYS_MAX = 700

/** What people say of themselves, some time before `from`. */
export const profiles = (everyone: readonly Person[], from: number, chance: Chance): readonly Happening[] =>
  everyone.map(({ id, country, language, tastes }) => ({
    topic: 'profiles',
    at: from - chance.between(1, JOINED_DAYS_MAX * DAY_MS),
    fields: {
      userId: id,
      country,
      language,
      birthYear: chance.between(1950, 2007),
      interests: SUBJECTS.filter((_, subject) => tastes[subject]! >= INTEREST_MIN).map(({ name }) => name),
    },
  }))
