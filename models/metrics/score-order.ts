const DIGIT_BITS = 11
const DIGITS = 1 << DIGIT_BITS
const DIGIT_MASK = DIGITS - 1
/** Digits of the 32 bits of a score, from the lowest. */
const PASSES = 3

const SIGN_BIT = 0x8000_0000

/** A number that orders as the float32 of these bits does: negative ones turn around, and lie below the others. */
const keyOf = (bits: number): number => ((bits & SIGN_BIT) === 0 ? bits | SIGN_BIT : ~bits) >>> 0

/**
 * Orders scores by a radix sort of their bits: exact, and as long for each however many there are, where a sort
 * with a comparator took ten times as long for tens of thousands. Its arrays are used again.
 */
export class ScoreOrder {
  private keys = new Uint32Array(0)
  private movedKeys = new Uint32Array(0)
  private order = new Uint32Array(0)
  private movedOrder = new Uint32Array(0)
  /** By pass and digit: how many there are, then where the next of them goes. */
  private readonly places = new Uint32Array(PASSES * DIGITS)

  /** Indices of the scores from the lowest to the highest, NaN at the ends. They hold until the next call. */
  of(scores: Float32Array): Uint32Array {
    const { length } = scores
    this.reserve(length)
    this.read(scores)
    for (let pass = 0; pass < PASSES; pass++) if (!this.isInOneDigit(pass, length)) this.move(pass, length)
    return this.order.subarray(0, length)
  }

  private reserve(length: number): void {
    if (length <= this.keys.length) return
    this.keys = new Uint32Array(length)
    this.movedKeys = new Uint32Array(length)
    this.order = new Uint32Array(length)
    this.movedOrder = new Uint32Array(length)
  }

  /** Keys in the order in which they come, and how many have which digits. */
  private read({ buffer, byteOffset, length }: Float32Array): void {
    const { keys, order, places } = this
    const bits = new Uint32Array(buffer, byteOffset, length)
    places.fill(0)
    for (let at = 0; at < length; at++) {
      const key = keyOf(bits[at]!)
      keys[at] = key
      order[at] = at
      for (let pass = 0; pass < PASSES; pass++) places[placeOf(key, pass)]!++
    }
  }

  private isInOneDigit(pass: number, length: number): boolean {
    return length === 0 || this.places[placeOf(this.keys[0]!, pass)] === length
  }

  /** By one digit; those of the same one stay in their order. */
  private move(pass: number, length: number): void {
    const { keys, order, movedKeys, movedOrder, places } = this
    let before = 0
    for (let place = pass * DIGITS; place < (pass + 1) * DIGITS; place++) {
      const count = places[place]!
      places[place] = before
      before += count
    }
    for (let at = 0; at < length; at++) {
      const key = keys[at]!
      const to = places[placeOf(key, pass)]!++
      movedKeys[to] = key
      movedOrder[to] = order[at]!
    }
    this.keys = movedKeys
    this.order = movedOrder
    this.movedKeys = keys
    this.movedOrder = order
  }
}

const placeOf = (key: number, pass: number): number =>
  pass * DIGITS + ((key >>> (pass * DIGIT_BITS)) & DIGIT_MASK)
