import type {
  Closeness,
  Connection,
  ConnectionAction,
  ConnectionKind,
} from '../../schemas/connections/index.ts'
import type { Erasure } from '../../schemas/erasures/index.ts'
import type { RequestId } from '../../schemas/ids.ts'
import { millis } from '../../schemas/ids.ts'
import type { Impression } from '../../schemas/impressions/index.ts'
import { eventId, postId, T0, userId } from './events.ts'

interface ConnectionFields {
  readonly eventId?: string
  readonly userId?: string
  readonly targetId?: string
  readonly kind?: ConnectionKind
  readonly closeness?: Closeness
  readonly action?: ConnectionAction
  readonly at?: number
}

export const aConnection = (fields: ConnectionFields = {}): Connection => ({
  eventId: eventId(fields.eventId ?? 'event-1'),
  userId: userId(fields.userId ?? 'user-1'),
  targetId: fields.targetId ?? 'user-2',
  kind: fields.kind ?? 'friend',
  closeness: fields.closeness ?? 'none',
  action: fields.action ?? 'added',
  at: millis(fields.at ?? T0),
})

export const anErasure = (at: number, user = 'user-1', event = 'erasure-1'): Erasure => ({
  eventId: eventId(event),
  userId: userId(user),
  at: millis(at),
})

export const requestId = (id: string): RequestId => id as RequestId

interface ImpressionFields {
  readonly userId?: string
  readonly requestId?: string
  readonly at?: number
  readonly posts?: readonly string[]
  /** Ranked and not shown, best first. */
  readonly carried?: readonly string[]
}

/** A slate whose features differ from post to post. */
export const anImpression = (fields: ImpressionFields = {}): Impression => ({
  requestId: requestId(fields.requestId ?? 'request-1'),
  userId: userId(fields.userId ?? 'user-1'),
  at: millis(fields.at ?? T0),
  surface: 'home',
  device: null,
  country: null,
  language: null,
  modelVersion: 'model-7',
  configVersion: 'config-3',
  columnsHash: 'columns-abc',
  candidates: (fields.posts ?? ['post-1']).map((post, position) => ({
    postId: postId(post),
    authorId: userId(`author of ${post}`),
    position,
    score: 1 / (position + 1),
    propensity: 0.5,
    features: Buffer.from(`${fields.requestId ?? 'request-1'} ${post} ${position}`),
    source: 'friend',
    lightScore: 0,
    lightRank: -1,
    expectedValue: 0,
    heavyRank: -1,
    heads: [],
    multipliers: [],
    containerId: null,
    hashtags: [],
    contentVector: Buffer.alloc(64, position),
    language: 'pt',
    kind: 'photo',
  })),
  featuresEncoding: 'packed',
  featuresAsOf: null,
  sessionId: null,
  lightModelVersion: null,
  experiment: null,
  headNames: [],
  ruleNames: [],
  carried: (fields.carried ?? []).map((post, place) => ({ postId: postId(post), score: 1 / (place + 1) })),
  tasteVector: Buffer.alloc(64, 9),
  retrievalModelVersion: null,
})
