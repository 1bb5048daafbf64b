import { Fingerprint } from '../../processors/fingerprint.ts'
import type { Example } from '../../schemas/examples/index.ts'

/** Examples that are remembered: those of a day, as far as they fit. */
export const KNOWN_EXAMPLES_MAX = 1_048_576

/** Of those at most so many whose slate has not settled: some never do, for their viewer was erased. */
const UNSETTLED_SHARE_MAX = 3 / 4

/** Of all, how many give way at once: to find the oldest takes a while where many before it have gone. */
const GIVING_WAY_SHARE = 1 / 1_024

/** What is known of an example beside a bit a head, which says that it is a positive (of a time: was learned). */
export const LOOKED_AT = 1 << 28
export const ACTIVE = 1 << 29
export const SETTLED = 1 << 30

/** Whether something was learned of it that is to be taken into account when its slate settles. */
const isUnsettled = (bits: number): boolean => (bits & (LOOKED_AT | SETTLED)) === LOOKED_AT

/** Bits of a fingerprint's upper half that fit into an exact number beside its lower half. */
const HIGH_BITS_MASK = 0x1f_ffff
const HIGH_FACTOR = 2 ** 32

const fingerprint = new Fingerprint()

/** A number that stands for a post in a slate; two are mistaken for one with a probability of about 2^-53. */
export const exampleKey = ({ requestId, postId }: Pick<Example, 'requestId' | 'postId'>): number => {
  const { low, high } = fingerprint.of(`${requestId}\0${postId}`)
  return (high & HIGH_BITS_MASK) * HIGH_FACTOR + low
}

/**
 * What was learned so far of which posts in which slates, as bits (see label-account.ts). An example comes in
 * parts, label by label, and each part is learned as the difference to what was known. Bounded, and where there is
 * no room the oldest give way: first those whose slate has settled, of which little more may come. One that is
 * forgotten before would be learned once more as a whole.
 */
export class KnownExamples {
  /** Whether any example told of a view: from then on an app is held to tell of all. */
  tellsOfViews = false
  private readonly max: number
  private readonly settled = new Map<number, number>()
  private readonly unsettled = new Map<number, number>()
  private forgotten = 0

  constructor(max: number = KNOWN_EXAMPLES_MAX) {
    this.max = max
  }

  get(key: number): number | undefined {
    return this.settled.get(key) ?? this.unsettled.get(key)
  }

  set(key: number, bits: number): void {
    this.put(key, bits)
    if (this.size > this.max) this.makeRoom()
  }

  get size(): number {
    return this.settled.size + this.unsettled.size
  }

  /** Examples that gave way before their slate settled, since the start: if it settles, they are learned twice. */
  get unsettledForgotten(): number {
    return this.forgotten
  }

  /** The flag, then a key and its bits each: of settled ones, then of the others, each in the order they came in. */
  encode(): Uint8Array {
    const values = new Float64Array(1 + 2 * this.size)
    values[0] = this.tellsOfViews ? 1 : 0
    let at = 1
    for (const entries of [this.settled, this.unsettled]) {
      for (const [key, bits] of entries) {
        values[at++] = key
        values[at++] = bits
      }
    }
    return new Uint8Array(values.buffer)
  }

  /** Reads them in any order: before, settled ones and others were written as they came. */
  static decode(bytes: Uint8Array): KnownExamples {
    const known = new KnownExamples()
    const values = new Float64Array(new Uint8Array(bytes).buffer)
    known.tellsOfViews = values[0] === 1
    for (let at = 1; at + 1 < values.length; at += 2) known.put(values[at]!, values[at + 1]!)
    return known
  }

  private put(key: number, bits: number): void {
    const isWaiting = isUnsettled(bits)
    const others = isWaiting ? this.settled : this.unsettled
    others.delete(key)
    const own = isWaiting ? this.unsettled : this.settled
    own.set(key, bits)
  }

  private makeRoom(): void {
    const count = Math.ceil(this.max * GIVING_WAY_SHARE)
    if (this.unsettled.size <= this.max * UNSETTLED_SHARE_MAX) dropOldest(this.settled, count)
    else this.forgotten += dropOldest(this.unsettled, count)
  }
}

/** Answers how many there were to drop. */
const dropOldest = (entries: Map<number, number>, count: number): number => {
  let dropped = 0
  for (const key of entries.keys()) {
    if (dropped === count) break
    entries.delete(key)
    dropped++
  }
  return dropped
}
