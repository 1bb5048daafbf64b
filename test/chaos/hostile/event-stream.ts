import type { Random } from '../../../engine/driver/random.ts'
import { oversizedLines } from './bad-events.ts'
import { GoodEvents, textOf } from './examples.ts'
import { mutated } from './mutations.ts'

const GOOD_SHARE = 0.12
const HAND_MADE_SHARE = 0.35
const OVERSIZED_SHARE = 0.0005
const STEP = 7_919

/** Lines to send: hand-made bad ones, good ones changed at random, good ones. A function of its seed and clock. */
export class EventStream {
  private readonly random: Random
  private readonly good: GoodEvents
  private readonly handMade: readonly Buffer[]
  private readonly oversized = oversizedLines()
  private at: number

  /** `handMade` lines are not copied: streams may share them. */
  constructor(random: Random, nowMs: number, handMade: readonly Buffer[]) {
    this.random = random
    this.good = new GoodEvents(random, nowMs)
    this.handMade = handMade
    this.at = random.below(handMade.length)
  }

  next(): Buffer {
    const { random } = this
    if (random.chance(OVERSIZED_SHARE)) return random.pick(this.oversized)
    if (random.chance(GOOD_SHARE)) return Buffer.from(textOf(this.good.next()))
    if (random.chance(HAND_MADE_SHARE)) return this.nextHandMade()
    return mutated(this.good.next(), random)
  }

  /** Steps by a prime, so that every kind comes early and each comes once before any comes twice. */
  private nextHandMade(): Buffer {
    this.at = (this.at + STEP) % this.handMade.length
    return this.handMade[this.at]!
  }
}
