import { Fingerprint } from '../../processors/fingerprint.ts'

const NOT_THERE = -1

/** Ids in order, eight bytes each: says at which place an id stands. */
export class Fingerprints {
  private readonly low: Uint32Array
  private readonly high: Uint32Array
  private readonly fingerprint = new Fingerprint()

  constructor(ids: readonly string[]) {
    this.low = new Uint32Array(ids.length)
    this.high = new Uint32Array(ids.length)
    for (const [index, id] of ids.entries()) {
      const { low, high } = this.fingerprint.of(id)
      this.low[index] = low
      this.high[index] = high
    }
  }

  get bytes(): number {
    return this.low.byteLength + this.high.byteLength
  }

  /** −1 where the id is not there. */
  indexOf(id: string): number {
    const { low, high } = this.fingerprint.of(id)
    for (let at = this.low.indexOf(low); at !== NOT_THERE; at = this.low.indexOf(low, at + 1)) {
      if (this.high[at] === high) return at
    }
    return NOT_THERE
  }
}
