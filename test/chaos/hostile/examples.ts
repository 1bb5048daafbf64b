import { readFileSync } from 'node:fs'
import type { Random } from '../../../engine/driver/random.ts'
import { PUBLIC_TOPICS } from './contract-table.ts'

/** An envelope, its value's fields still as JSON texts, so that each can be swapped for any text. */
export interface Example {
  readonly topic: string
  readonly fields: ReadonlyMap<string, string>
}

/** The committed examples of every public contract. */
export const EXAMPLES: readonly Example[] = PUBLIC_TOPICS.flatMap((topic) => {
  const file = new URL(`../../../schemas/${topic}/examples.ndjson`, import.meta.url)
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const { value } = JSON.parse(line) as { value: Readonly<Record<string, unknown>> }
    return {
      topic,
      fields: new Map(Object.entries(value).map(([name, json]) => [name, JSON.stringify(json)])),
    }
  })
})

export const textOf = ({ topic, fields }: Example): string => envelope(JSON.stringify(topic), valueOf(fields))

export const valueOf = (fields: ReadonlyMap<string, string>): string =>
  `{${[...fields].map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`

export const envelope = (topic: string, value: string): string => `{"topic":${topic},"value":${value}}`

/** The example with a field set to a JSON text, or without it. */
export const withField = ({ topic, fields }: Example, name: string, json: string | undefined): Example => {
  const changed = new Map(fields)
  if (json === undefined) changed.delete(name)
  else changed.set(name, json)
  return { topic, fields: changed }
}

const USERS = 500
const POSTS = 2_000
const DAYS = 30
const DAY_MS = 86_400_000

/** Ids that are right, and that careless code trips over. */
export const HOSTILE_IDS: readonly string[] = [
  ...'__proto__ constructor prototype toString hasOwnProperty valueOf then toJSON length null undefined'.split(
    ' ',
  ),
  ...'NaN Infinity 0 -0 -1 1e999 \' " \\ / ../../etc/passwd %00 %ff ${1} {{1}} * a,b a=b&c=d'.split(' '),
  ..."\u202eabc|\u200b|\ufeff|e\u0301|\ufffd|\u{10ffff}| |<script>alert(1)</script>|x'; DROP TABLE posts; --".split(
    '|',
  ),
  'x'.repeat(64),
  'é'.repeat(32),
  '€'.repeat(21),
  '🏔'.repeat(16),
]

/** Which ids stand for whom, so that events meet in the same rows. */
const ID_FIELDS: Readonly<Record<string, (random: Random) => string>> = {
  userId: (random) => personOf(random),
  authorId: (random) => personOf(random),
  targetId: (random) => personOf(random),
  postId: (random) => (random.chance(0.02) ? random.pick(HOSTILE_IDS) : `post-${random.below(POSTS)}`),
}

const personOf = (random: Random): string =>
  random.chance(0.02) ? random.pick(HOSTILE_IDS) : `user-${random.below(USERS)}`

/** Events that are right: the examples with ids and times of their own. */
export class GoodEvents {
  private readonly random: Random
  private readonly nowMs: number
  private made = 0

  constructor(random: Random, nowMs: number) {
    this.random = random
    this.nowMs = nowMs
  }

  next(): Example {
    const { topic, fields } = this.random.pick(EXAMPLES)
    const own = new Map(fields)
    own.set('eventId', `"good-${this.made++}"`)
    own.set('at', String(this.nowMs - this.random.below(DAYS * DAY_MS)))
    for (const [name, make] of Object.entries(ID_FIELDS)) {
      if (own.has(name) && own.get(name) !== 'null') own.set(name, JSON.stringify(make(this.random)))
    }
    while (own.has('targetId') && own.get('targetId') === own.get('userId')) {
      own.set('targetId', JSON.stringify(personOf(this.random)))
    }
    return { topic, fields: own }
  }
}
