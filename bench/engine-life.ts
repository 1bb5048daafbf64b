import { Random } from '../engine/driver/random.ts'
import { connections } from '../schemas/connections/index.ts'
import type { Envelope } from '../schemas/envelope.ts'
import { millis, MINUTE_MS, type PostId, type RequestId, type UserId } from '../schemas/ids.ts'
import { type Impression, impressions } from '../schemas/impressions/index.ts'
import { packFeatures } from '../schemas/impressions/packed-features.ts'
import { POST_KINDS } from '../schemas/posts/kinds.ts'
import { posts } from '../schemas/posts/index.ts'
import { profiles } from '../schemas/profiles/index.ts'
import type { Reaction, ReactionKind } from '../schemas/reactions/index.ts'
import {
  AUTHORS_PER_USER,
  envelopeOf,
  enveloped,
  POSTS_PER_AUTHOR,
  type ReactionLoad,
} from './engine-load.ts'

/** What one topology is measured with. Times rise from event to event. */
export interface EngineLoad {
  /** What is there before anybody reacts, until a time. */
  society(at: number): Iterable<Envelope>
  /** Events with a reaction of each pair, in turn. */
  fill(from: number): Iterable<Envelope>
  /** So many events of any pairs. */
  events(count: number, from: number): Iterable<Envelope>
  /** When the filling ends that began then. */
  filledAt(from: number): number
  any(at: number): Envelope
}

const REACTIONS_PER_MS = 1_000

/** Reactions and nothing else, a thousand a millisecond: comparable with what was measured since the first day. */
export class ReactionsAlone implements EngineLoad {
  private readonly load: ReactionLoad

  constructor(load: ReactionLoad) {
    this.load = load
  }

  society(at: number): Iterable<Envelope> {
    return this.load.posts(at)
  }

  *fill(from: number): Generator<Envelope> {
    for (let pair = 0; pair < this.load.pairs; pair++)
      yield envelopeOf(this.load.reaction(pair, from + Math.floor(pair / REACTIONS_PER_MS)))
  }

  filledAt(from: number): number {
    return from + Math.floor(this.load.pairs / REACTIONS_PER_MS)
  }

  *events(count: number, from: number): Generator<Envelope> {
    for (let index = 0; index < count; index++) yield this.any(from + Math.floor(index / REACTIONS_PER_MS))
  }

  any(at: number): Envelope {
    return envelopeOf(this.load.anyReaction(at))
  }
}

/** Of all events; the rest are reactions. A feed of ten posts comes with some twenty reactions, most of them views. */
export const SHARES = { impressions: 0.045, posts: 0.015, connections: 0.01, profiles: 0.005 }
/** Of reactions: of nobody known, undos, and those that name the newest feed that their user was served. */
export const ANONYMOUS_SHARE = 0.03
export const UNDO_SHARE = 0.02
export const NAMED_SHARE = 0.6
/** Connections that end one. */
const ENDED_SHARE = 0.2
const FRIEND_SHARE = 0.4

const COUNTRIES = ['GB', 'FR', 'DE', 'IN', 'BR', 'US', 'NG', 'JP', 'ID', 'MX']
const UNDOABLE: readonly ReactionKind[] = ['like', 'share', 'save', 'hide', 'see_less']
/** Reactions that an undo may take back: the newest. */
const GIVEN_MAX = 4_096
const CARRIED = 20
/** A heavy ranker's row, of which a third is not zero, as in a world's feeds. */
const COLUMNS = 150
const HEADS = 20
/** The fill and each pass take as long of event time, so that slates settle as they do in life. */
const SPAN_MS = 50 * MINUTE_MS
const NO_SLATE = -1

/**
 * All that an app publishes and Freshet logs, in shares that are stated above: reactions of which some are undone, some
 * of nobody known and most name the feed that they were given in, feeds as they were served, posts, connections,
 * profiles. So every topology has work: countries, label join, experiments, carried posts.
 */
export class Life implements EngineLoad {
  private readonly load: ReactionLoad
  private readonly random: Random
  private readonly users: number
  /** By user: the number of their newest feed. */
  private readonly slates: Int32Array
  private readonly given: Reaction[] = []
  private readonly features: Buffer
  private nextId = 0

  constructor(load: ReactionLoad, seed = 2) {
    this.load = load
    this.random = new Random(seed)
    this.users = Math.ceil(load.pairs / AUTHORS_PER_USER)
    this.slates = new Int32Array(this.users).fill(NO_SLATE)
    this.features = packFeatures(Float32Array.from({ length: COLUMNS }, (_, column) => +(column % 3 === 0)))
  }

  /** Posts of ten days, and a profile of every user. */
  *society(at: number): Generator<Envelope> {
    const [first] = this.load.posts(at)
    const before = first === undefined ? at : first.contract.timeOf(first.value)
    for (let user = 0; user < this.users; user++) yield this.profile(user, before)
    yield* this.load.posts(at)
  }

  *fill(from: number): Generator<Envelope> {
    const { pairs } = this.load
    const others = otherShare / (1 - otherShare)
    for (let pair = 0; pair < pairs; pair++) {
      const at = from + Math.floor((pair / pairs) * SPAN_MS)
      yield envelopeOf(this.load.reaction(pair, at))
      if (this.random.chance(others)) yield this.other(at)
    }
  }

  filledAt(from: number): number {
    return from + SPAN_MS
  }

  *events(count: number, from: number): Generator<Envelope> {
    for (let index = 0; index < count; index++) yield this.any(from + Math.floor((index / count) * SPAN_MS))
  }

  any(at: number): Envelope {
    return this.random.chance(otherShare) ? this.other(at) : envelopeOf(this.reaction(at))
  }

  private reaction(at: number): Reaction {
    if (this.random.chance(UNDO_SHARE) && this.given.length > 0) return this.undo(at)
    const pair = this.load.anyPair()
    const reaction = this.load.reaction(pair, at)
    if (this.random.chance(ANONYMOUS_SHARE)) return { ...reaction, userId: null }
    const made = this.random.chance(NAMED_SHARE) ? this.named(reaction, pair) : reaction
    if (UNDOABLE.includes(made.kind)) this.remember(made)
    return made
  }

  /** Of the post by the pair's author in the newest feed of its user. */
  private named(reaction: Reaction, pair: number): Reaction {
    const slate = this.slates[Math.floor(pair / AUTHORS_PER_USER)]!
    if (slate === NO_SLATE) return reaction
    const requestId = requestOf(slate)
    return {
      ...reaction,
      requestId,
      postId: shownOf(slate, pair % AUTHORS_PER_USER, this.load.authorOf(pair)),
    }
  }

  private remember(reaction: Reaction): void {
    if (this.given.length < GIVEN_MAX) this.given.push(reaction)
    else this.given[this.random.below(GIVEN_MAX)] = reaction
  }

  private undo(at: number): Reaction {
    const [given] = this.given.splice(this.random.below(this.given.length), 1)
    return { ...given!, eventId: `undo-${given!.eventId}` as Reaction['eventId'], undo: true, at: millis(at) }
  }

  private other(at: number): Envelope {
    let rest = this.random.next() * otherShare
    if ((rest -= SHARES.impressions) < 0) return enveloped(impressions, this.impression(at))
    if ((rest -= SHARES.posts) < 0) return this.post(at)
    return rest < SHARES.connections ? this.connection(at) : this.profile(this.random.below(this.users), at)
  }

  private impression(at: number): Impression {
    const user = this.random.below(this.users)
    const slate = this.nextId++
    this.slates[user] = slate
    return {
      requestId: requestOf(slate),
      userId: userOf(user),
      at: millis(at),
      surface: null,
      device: null,
      country: null,
      language: null,
      modelVersion: 'bench',
      configVersion: 'bench',
      columnsHash: 'bench',
      candidates: Array.from({ length: AUTHORS_PER_USER }, (_, place) => this.candidate(user, slate, place)),
      featuresEncoding: 'packed',
      featuresAsOf: millis(at),
      sessionId: null,
      lightModelVersion: null,
      experiment: slate % 2 === 0 ? 'bench/one' : 'bench/other',
      headNames: [],
      ruleNames: [],
      carried: Array.from({ length: CARRIED }, (_, place) => this.carried(place)),
      tasteVector: null,
      retrievalModelVersion: null,
    }
  }

  private candidate(user: number, slate: number, place: number): Impression['candidates'][number] {
    const author = this.load.authorOf(Math.min(user * AUTHORS_PER_USER + place, this.load.pairs - 1))
    return {
      postId: shownOf(slate, place, author),
      authorId: authorOf(author),
      position: place,
      score: 1 / (1 + place),
      propensity: 1,
      features: this.features,
      contentVector: null,
      source: 'touched',
      lightScore: 0,
      lightRank: place,
      expectedValue: 0,
      heavyRank: place,
      heads: Array.from({ length: HEADS }, () => 0.1),
      multipliers: [],
      containerId: null,
      hashtags: [],
      language: null,
      kind: null,
    }
  }

  private carried(place: number): Impression['carried'][number] {
    const author = this.random.below(this.load.authors)
    return { postId: postOf(author, place % POSTS_PER_AUTHOR), score: Math.fround(1 / (2 + place)) }
  }

  private post(at: number): Envelope {
    const id = this.nextId++
    const value = posts.fromJson({
      eventId: `publish-new-${id}`,
      postId: `post-new-${id}`,
      authorId: authorOf(this.random.below(this.load.authors)),
      action: 'published',
      kind: this.random.pick(POST_KINDS),
      audience: 'public',
      hashtags: [`topic${this.random.below(1000)}`],
      at,
    })
    return enveloped(posts, value)
  }

  private connection(at: number): Envelope {
    const value = connections.fromJson({
      eventId: `connect-${this.nextId++}`,
      userId: userOf(this.random.below(this.users)),
      targetId: authorOf(this.random.below(this.load.authors)),
      kind: this.random.chance(FRIEND_SHARE) ? 'friend' : 'follow',
      action: this.random.chance(ENDED_SHARE) ? 'removed' : 'added',
      at,
    })
    return enveloped(connections, value)
  }

  private profile(user: number, at: number): Envelope {
    const value = profiles.fromJson({
      eventId: `profile-${this.nextId++}`,
      userId: userOf(user),
      country: this.random.pick(COUNTRIES),
      at,
    })
    return enveloped(profiles, value)
  }
}

const otherShare = SHARES.impressions + SHARES.posts + SHARES.connections + SHARES.profiles

const userOf = (user: number): UserId => `user-${user}` as UserId
const authorOf = (author: number): UserId => `author-${author}` as UserId
const postOf = (author: number, index: number): PostId => `post-${author}-${index}` as PostId
const requestOf = (slate: number): RequestId => `request-${slate}` as RequestId

/** The post by an author that a feed shows, one of their ten. */
const shownOf = (slate: number, place: number, author: number): PostId =>
  postOf(author, (slate + place) % POSTS_PER_AUTHOR)
