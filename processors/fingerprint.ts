/**
 * A 64-bit stand-in for an id, for rows that only ask "is it in here?". Among n ids two are mistaken for one
 * another with a probability of about n² / 2^65: below 10^-15 for the largest row that uses it.
 */
export class Fingerprint {
  /** Unsigned 32 bits. */
  low = 0
  /** Unsigned 32 bits. */
  high = 0

  /** Takes the id's fingerprint; one handle is reused, so that no object is made per id. */
  of(id: string): this {
    let low = 0x9747b28c ^ id.length
    let high = 0x3c6ef372 ^ id.length
    for (let index = 0; index < id.length; index++) {
      const unit = id.charCodeAt(index)
      low ^= Math.imul(unit + 1, 0xcc9e2d51)
      low = Math.imul((low << 13) | (low >>> 19), 5) + 0xe6546b64
      high ^= Math.imul(unit + 1, 0x1b873593)
      high = Math.imul((high << 15) | (high >>> 17), 9) + 0x52dce729
    }
    const mixed = mix(low ^ (high >>> 7))
    this.high = mix(high ^ mixed) >>> 0
    this.low = mixed >>> 0
    return this
  }
}

/** The finaliser of MurmurHash3 (Austin Appleby, public domain): every bit of the input moves every bit out. */
const mix = (value: number): number => {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
