import { Fingerprint } from '../../processors/fingerprint.ts'
import type { Example } from '../../schemas/examples/index.ts'

/** Examples that are remembered: those of a day, as far as they fit. */
export const KNOWN_EXAMPLES_MAX = 1_048_576

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
 * parts, label by label, and each part is learned as the difference to what was known. Bounded: the oldest give way.
 */
export class KnownExamples {
  /** Whether any example told of a view: from then on an app is held to tell of all. */
  tellsOfViews = false
  private readonly max: number
  private readonly bits = new Map<number, number>()

  constructor(max: number = KNOWN_EXAMPLES_MAX) {
    this.max = max
  }

  get(key: number): number | undefined {
    return this.bits.get(key)
  }

  set(key: number, bits: number): void {
    this.bits.set(key, bits)
    if (this.bits.size > this.max) this.bits.delete(this.bits.keys().next().value!)
  }

  get size(): number {
    return this.bits.size
  }

  /** In the order in which they came: the flag, then a key and its bits each. */
  encode(): Uint8Array {
    const values = new Float64Array(1 + 2 * this.bits.size)
    values[0] = this.tellsOfViews ? 1 : 0
    let at = 1
    for (const [key, bits] of this.bits) {
      values[at++] = key
      values[at++] = bits
    }
    return new Uint8Array(values.buffer)
  }

  static decode(bytes: Uint8Array): KnownExamples {
    const known = new KnownExamples()
    const values = new Float64Array(new Uint8Array(bytes).buffer)
    known.tellsOfViews = values[0] === 1
    for (let at = 1; at + 1 < values.length; at += 2) known.bits.set(values[at]!, values[at + 1]!)
    return known
  }
}
