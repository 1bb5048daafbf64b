/**
 * Bytes of bodies that may be on their way at once: what is promised to one request is not promised to
 * another, so memory stays bounded however many clients send.
 */
export class BodyBudget {
  private readonly bytesMax: number
  private reserved = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  /** Reserves what a body may take; answers how to give it back, or undefined when there is no room. */
  reserve(bytes: number): (() => void) | undefined {
    if (this.reserved + bytes > this.bytesMax) return undefined
    this.reserved += bytes
    let given = true
    return () => {
      if (given) this.reserved -= bytes
      given = false
    }
  }
}
