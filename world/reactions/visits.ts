import { POST_KINDS } from '../../schemas/posts/index.ts'
import type { Chance } from '../chance.ts'
import type { Requests } from '../events/requests.ts'
import type { Seen } from '../posts/seen.ts'
import type { Standpoint } from '../standpoint.ts'
import type { Agenda } from '../time/agenda.ts'
import { kindIndex, UNDO } from '../time/happenings.ts'
import { kindOfOutcome, outcomeIndex, OUTCOMES } from '../value-weights.ts'
import type { ReactionModel, Scene } from './model.ts'
import { OF_LOOKING } from './responses.ts'

/** Told of every post that somebody looked at; `happened` holds a 1 for each outcome, and is reused. */
export interface Witness {
  looked(model: ReactionModel, happened: Uint8Array, dwellMs: number): void
}

/** What is needed to let people look at feeds. */
export interface VisitScene extends Scene {
  readonly agenda: Agenda
  readonly requests: Requests
  readonly chance: Chance
  readonly seen: Seen
}

const [VIEW, DWELL, WATCH, LIKE] = [
  kindIndex('view'),
  kindIndex('dwell'),
  kindIndex('watch'),
  kindIndex('like'),
] as const
const [LIKED, COMMENTED, SKIPPED] = [outcomeIndex.like, outcomeIndex.comment, outcomeIndex.skip] as const
const VIDEO = POST_KINDS.indexOf('video')

/** The time to notice a post, to skip it, and between two things that are done with it. */
const NOTICE_MS = 400
const SKIP_MS = 900
const PAUSE_MS = 1_500

const UNDO_SHARE = 0.02
const UNDO_AFTER_MS = 20 * 60_000
const TYPING_MS = 30_000
/** Some come back to comment when they have thought about it. */
const COMMENT_LATER_SHARE = 0.15
const COMMENT_LATER_MS = 2 * 3_600_000

/** Lets viewers go through the feeds that they are shown, from the top until they have had enough. */
export class Visits {
  /** Of the last visit: the mean chance that a post it looked at was stayed with. */
  pleasure = 0
  private readonly scene: VisitScene
  private readonly standpoint: Standpoint
  private readonly model: ReactionModel
  private readonly happened = new Uint8Array(OUTCOMES.length)
  /** When the viewer came, and how far they have got. */
  private cameAt = 0
  private at = 0

  constructor(scene: VisitScene, standpoint: Standpoint, model: ReactionModel) {
    this.scene = scene
    this.standpoint = standpoint
    this.model = model
  }

  /** The opened viewer's `visit`th visit, of posts in the order they are shown; answers how many they looked at. */
  go(visit: number, posts: readonly number[], at: number, request: number, witness?: Witness): number {
    const { people, chance } = this.scene
    const { viewer } = this.standpoint
    const endurance = people.endurance[viewer]!
    this.cameAt = at
    this.at = at
    let lookedAt = 0
    let stays = 0
    for (const post of posts) {
      if (lookedAt > 0 && !chance.of('visit', viewer, visit, lookedAt).happens(endurance)) break
      this.meet(visit, post, request, witness)
      stays += this.model.stay
      lookedAt++
    }
    this.pleasure = lookedAt === 0 ? 0 : stays / lookedAt
    return lookedAt
  }

  private meet(visit: number, post: number, request: number, witness: Witness | undefined): void {
    const { posts, seen, chance } = this.scene
    const { viewer } = this.standpoint
    const { model, happened } = this
    model.regard(post, this.cameAt)
    chance.of('meeting', viewer, post, visit)
    this.react(VIEW, post, request, NOTICE_MS)
    const stays = chance.happens(model.stay)
    const dwellMs = stays ? model.dwellMs(chance.normal()) : 0
    for (let outcome = 0; outcome < SKIPPED; outcome++) {
      const isPossible = stays || OF_LOOKING[outcome] === 1
      happened[outcome] = isPossible && chance.happens(model.conditional[outcome]!) ? 1 : 0
    }
    happened[SKIPPED] = stays ? 0 : 1
    witness?.looked(model, happened, dwellMs)
    if (stays) this.stay(post, request, dwellMs)
    else this.react(kindOfOutcome[SKIPPED]!, post, request, SKIP_MS)
    for (let outcome = 0; outcome < SKIPPED; outcome++) {
      if (happened[outcome] === 1) this.respond(outcome, post, request)
    }
    seen.look(viewer, post, posts.comments[post]!)
  }

  /** Time on a video is told as watching, on any other post as dwell. */
  private stay(post: number, request: number, dwellMs: number): void {
    this.react(this.scene.posts.kind[post] === VIDEO ? WATCH : DWELL, post, request, dwellMs, dwellMs)
  }

  private respond(outcome: number, post: number, request: number): void {
    const { chance } = this.scene
    if (outcome === COMMENTED) {
      const waits = chance.happens(COMMENT_LATER_SHARE) ? COMMENT_LATER_MS : TYPING_MS
      this.plan(this.at + chance.exponential(waits), kindOfOutcome[outcome]!, post, request)
      return
    }
    this.react(kindOfOutcome[outcome]!, post, request, PAUSE_MS * (0.5 + chance.next()))
    if (outcome === LIKED && chance.happens(UNDO_SHARE)) {
      this.plan(this.at + chance.exponential(UNDO_AFTER_MS), UNDO + LIKE, post, request)
    }
  }

  /** `afterMs` later than what was done before. */
  private react(kind: number, post: number, request: number, afterMs: number, value = 0): void {
    this.at += afterMs
    this.plan(this.at, kind, post, request, value)
  }

  private plan(at: number, type: number, post: number, request: number, value = 0): void {
    this.scene.requests.retain(request)
    this.scene.agenda.add(Math.round(at), type, this.standpoint.viewer, post, value, request)
  }
}
