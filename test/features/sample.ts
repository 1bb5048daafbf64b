import type { KeyWriter } from '../../engine/key.ts'
import type { KeySpace, Topic } from '../../engine/topic.ts'
import {
  type Aggregate,
  daysActive,
  decayed,
  lastSeen,
  rate,
  total,
  type TotalOptions,
  windows,
} from '../../features/aggregates.ts'
import {
  days,
  type Duration,
  ENGAGEMENT_HALF_LIVES,
  hours,
  minutes,
  WINDOWS,
} from '../../features/durations.ts'
import type { EventSource } from '../../features/declaration.ts'
import { view } from '../../features/view.ts'

/** A small event for tests of the features room, which must not know the contracts. */
export interface Touch {
  readonly user: string | null
  readonly author: string
  readonly kind: 'like' | 'comment' | 'view' | 'dwell' | 'profile'
  readonly undo: boolean
  readonly ms: number
  readonly at: number
}

export const touch = (changes: Partial<Touch> = {}): Touch => ({
  user: 'ann',
  author: 'bob',
  kind: 'like',
  undo: false,
  ms: 0,
  at: 1_700_000_000_000,
  ...changes,
})

export const touches: Topic<Touch> = {
  name: 'touches',
  about: 'Touches of tests.',
  keySpace: 'user',
  graceMs: 60_000,
  visibility: 'public',
  key: (event, key) => void key.id(event.user ?? 'nobody'),
  time: (event) => event.at,
  codec: {
    encode: (event, writer) => writer.string(JSON.stringify(event)),
    decode: (buffer, start, end) => JSON.parse(buffer.toString('utf8', start + 1, end)) as Touch,
  },
}

const byUserAndAuthor = (event: Touch, key: KeyWriter): boolean =>
  event.user !== null && key.id(event.user) && key.id(event.author)

interface Placement {
  readonly source?: Topic<Touch> | EventSource<Touch>
  readonly undone?: Topic<Touch>
  readonly keySpace?: KeySpace
  readonly key?: (event: Touch, key: KeyWriter) => boolean
}

export const series = {
  likes: { of: ['like'] },
  engagements: { of: ['like', 'comment'] },
  views: { of: ['view'] },
  dwell: { of: ['dwell'], weight: (event: Touch) => event.ms, unit: 'ms' },
} as const

/** Every aggregate there is, on counts and on milliseconds. */
export const everyAggregate = (
  totals: TotalOptions,
  halfLives: readonly Duration[],
): readonly Aggregate<keyof typeof series>[] => [
  total(['likes', 'dwell'], totals),
  windows(['engagements', 'dwell'], WINDOWS),
  decayed(['engagements', 'dwell'], halfLives),
  lastSeen(['engagements']),
  lastSeen(['likes'], { finest: '1h', within: days(20) }),
  daysActive(['engagements'], days(30)),
  rate({ of: 'likes', per: 'views', halfLife: minutes(7), priorSuccesses: 1, priorTrials: 20 }),
  rate({ of: 'likes', per: 'views', window: hours(24), priorSuccesses: 0, priorTrials: 0.5 }),
]

export const touchView = ({
  source = touches,
  undone,
  keySpace = 'user',
  key = byUserAndAuthor,
}: Placement = {}) =>
  view({
    name: keySpace === 'user' ? 'user-author' : `by-${keySpace}`,
    version: 3,
    about: 'What a user does with an author.',
    source,
    ...(undone && { undone }),
    keySpace,
    key,
    sign: (event) => (event.undo ? -1 : 1),
    by: (event) => event.kind,
    series,
    aggregates: everyAggregate({}, ENGAGEMENT_HALF_LIVES),
    timeToLive: days(90),
  })
