import { isBlank } from './space.ts'

/** A line of a file, without its break. Holds until the next chunk is split. */
export interface Line {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  /** From 1. */
  readonly number: number
  /** The line was longer than is read; its bytes were dropped. */
  readonly tooLong: boolean
}

const NEWLINE = 0x0a

/**
 * Splits chunks of a file into lines. A line within one chunk is not copied; of a line over several, at most
 * `lineBytesMax` are held, and a longer one is skipped as it comes. Blank lines are counted, not answered.
 */
export class LineSplitter {
  private readonly lineBytesMax: number
  private carried: Buffer[] = []
  private carriedBytes = 0
  private number = 1

  constructor(lineBytesMax: number) {
    this.lineBytesMax = lineBytesMax
  }

  *lines(chunk: Buffer): Generator<Line> {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const line = this.line(chunk, start, end)
      if (line !== undefined) yield line
      this.number++
      start = end + 1
    }
    this.carry(chunk.subarray(start))
  }

  /** The last line, where no break follows it. */
  *end(): Generator<Line> {
    const line = this.line(Buffer.alloc(0), 0, 0)
    if (line !== undefined) yield line
  }

  private line(chunk: Buffer, start: number, end: number): Line | undefined {
    const { number } = this
    if (this.carriedBytes === 0) return this.checked(chunk, start, end, number)
    this.carry(chunk.subarray(start, end))
    const bytes = this.carriedBytes
    const whole = Buffer.concat(this.carried)
    this.carried = []
    this.carriedBytes = 0
    if (bytes > this.lineBytesMax) return { buffer: whole, start: 0, end: 0, number, tooLong: true }
    return this.checked(whole, 0, whole.length, number)
  }

  private checked(buffer: Buffer, start: number, end: number, number: number): Line | undefined {
    if (end - start > this.lineBytesMax) return { buffer, start, end: start, number, tooLong: true }
    return isBlank(buffer, start, end) ? undefined : { buffer, start, end, number, tooLong: false }
  }

  /** Copies what is carried: a small rest must not keep its large chunk alive. */
  private carry(rest: Buffer): void {
    this.carriedBytes += rest.length
    if (this.carriedBytes > this.lineBytesMax) this.carried = []
    else if (rest.length > 0) this.carried.push(Buffer.from(rest))
  }
}
