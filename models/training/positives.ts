import type { Example } from '../../schemas/examples/index.ts'
import { Fingerprint } from '../../processors/fingerprint.ts'

/** Positives that are remembered: those of a day, as far as they fit. */
export const POSITIVES_MAX = 1_048_576

/** Bits of a fingerprint's upper half that fit into an exact number beside its lower half. */
const HIGH_BITS_MASK = 0x1f_ffff
const HIGH_FACTOR = 2 ** 32

/**
 * Which heads learned which shown post as a positive, so that a second comment on it is not learned as a
 * second positive. Bounded: the oldest give way. A post is mistaken for another with a probability of about
 * `POSITIVES_MAX` / 2^53.
 */
export class Positives {
  private readonly max: number
  private readonly known = new Set<number>()
  private readonly fingerprint = new Fingerprint()

  constructor(max: number = POSITIVES_MAX) {
    this.max = max
  }

  /** Whether it is new; remembers it. */
  add({ requestId, postId }: Pick<Example, 'requestId' | 'postId'>, head: string): boolean {
    const { low, high } = this.fingerprint.of(`${requestId}\0${postId}\0${head}`)
    const key = (high & HIGH_BITS_MASK) * HIGH_FACTOR + low
    if (this.known.has(key)) return false
    this.known.add(key)
    if (this.known.size > this.max) this.known.delete(this.known.values().next().value!)
    return true
  }

  get size(): number {
    return this.known.size
  }

  /** In the order in which they came. */
  encode(): Uint8Array {
    return new Uint8Array(Float64Array.from(this.known).buffer)
  }

  static decode(bytes: Uint8Array): Positives {
    const positives = new Positives()
    for (const key of new Float64Array(new Uint8Array(bytes).buffer)) positives.known.add(key)
    return positives
  }
}
