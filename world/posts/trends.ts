import { DAY_MS } from '../../schemas/ids.ts'
import type { Chance } from '../chance.ts'
import { SUBJECT_COUNT } from '../society/people.ts'

/** A hashtag that comes up, is everywhere for a day or two, and goes. */
export interface Trend {
  readonly hashtag: string
  readonly subject: number
  readonly bornAt: number
  /** When it is strongest. */
  readonly peakAt: number
  readonly endsAt: number
}

const FIRST =
  'slow quiet golden tiny midnight lost open little brave honest rainy borrowed wild gentle secret paper'.split(
    ' ',
  )
const SECOND =
  'harbour kitchen garden bicycle letters ladder orchard summer window market lantern river'.split(' ')
const LAST = 'challenge week club moment swap diary'.split(' ')

/** Chance a day and subject that a trend begins. */
const BIRTHS_PER_DAY = 0.4
const LIFE_DAYS_MIN = 1.5
const LIFE_DAYS_MAX = 5
const PEAK_SHARE = 0.3

/** Every trend there was; at most a few are alive for each subject. */
export class Trends {
  readonly all: Trend[] = []
  private alive: number[] = []

  /** Lets a day's trends be born, and forgets those that are over. */
  dawn(day: number, chance: Chance): void {
    const from = day * DAY_MS
    this.alive = this.alive.filter((trend) => this.all[trend]!.endsAt > from)
    chance.of('trends', day)
    for (let subject = 0; subject < SUBJECT_COUNT; subject++) {
      if (!chance.happens(BIRTHS_PER_DAY)) continue
      const bornAt = from + chance.next() * DAY_MS
      const life = (LIFE_DAYS_MIN + (LIFE_DAYS_MAX - LIFE_DAYS_MIN) * chance.next()) * DAY_MS
      const peakAt = bornAt + PEAK_SHARE * life
      this.alive.push(this.all.length)
      this.all.push({ hashtag: this.newHashtag(chance), subject, bornAt, peakAt, endsAt: bornAt + life })
    }
  }

  /** One that was never used: words that were get a number. */
  private newHashtag(chance: Chance): string {
    const words = `${chance.pick(FIRST)}${chance.pick(SECOND)}${chance.pick(LAST)}`
    const isUsed = this.all.some(({ hashtag }) => hashtag === words)
    return isUsed ? `${words}${this.all.length}` : words
  }

  /** From 0 (not yet, or over) to 1 (at its peak). */
  strength(trend: number, at: number): number {
    const { bornAt, peakAt, endsAt } = this.all[trend]!
    if (at <= bornAt || at >= endsAt) return 0
    return at < peakAt ? (at - bornAt) / (peakAt - bornAt) : (endsAt - at) / (endsAt - peakAt)
  }

  /** The strongest trend of a subject; −1 when none is alive. */
  strongest(subject: number, at: number): number {
    let best = -1
    let strength = 0
    for (const trend of this.alive) {
      if (this.all[trend]!.subject !== subject) continue
      const its = this.strength(trend, at)
      if (its > strength) [best, strength] = [trend, its]
    }
    return best
  }
}
