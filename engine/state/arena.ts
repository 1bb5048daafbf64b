import { dataOf } from '../bytes.ts'

/**
 * Memory for rows: buffers of 4 MiB cut into blocks of a few sizes, each size with its own list of free
 * blocks. A million rows are a few hundred buffers, which the garbage collector never looks into.
 */
const UNIT_BYTES = 16
const SEGMENT_BYTES = 4 << 20
/** A task has dozens of tables, and most stay small. */
const FIRST_SEGMENT_BYTES = 64 << 10
/** Segments that a reset keeps for reuse: the small first one, and one of full size. */
const SEGMENTS_KEPT = 2
const UNITS_PER_SEGMENT_LOG2 = 18
const FINE_CLASSES = 32
const FINE_BYTES_MAX = FINE_CLASSES * UNIT_BYTES
const COARSE_GROWTH = 1.25

const classBytes = ((): readonly number[] => {
  const sizes = Array.from({ length: FINE_CLASSES }, (_, index) => (index + 1) * UNIT_BYTES)
  for (let bytes = FINE_BYTES_MAX; bytes < SEGMENT_BYTES;) {
    bytes = Math.min(SEGMENT_BYTES, Math.ceil((bytes * COARSE_GROWTH) / UNIT_BYTES) * UNIT_BYTES)
    sizes.push(bytes)
  }
  return sizes
})()

/** Largest block: a key and its row must fit. */
export const BLOCK_BYTES_MAX = SEGMENT_BYTES

/** Size class that holds `bytes`. */
export const sizeClassOf = (bytes: number): number => {
  if (bytes <= FINE_BYTES_MAX) return bytes === 0 ? 0 : ((bytes + UNIT_BYTES - 1) / UNIT_BYTES - 1) | 0
  if (bytes > BLOCK_BYTES_MAX) throw new RangeError(`row of ${bytes} bytes, at most ${BLOCK_BYTES_MAX} fit`)
  let low = FINE_CLASSES
  let high = classBytes.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (classBytes[middle]! < bytes) low = middle + 1
    else high = middle
  }
  return low
}

export class Arena {
  /** Bytes of blocks in use. */
  liveBytes = 0
  private readonly segments: Buffer[] = []
  private readonly datas: DataView[] = []
  /** Segments cut into blocks so far; those after it were kept by a reset. */
  private opened = 0
  private readonly free: number[][] = classBytes.map(() => [])
  private bumpUnit = 0
  private bumpEnd = 0

  /** Bytes of segments, in use or not. */
  get heldBytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.length, 0)
  }

  /** Buffer that the block lies in. */
  segment(handle: number): Buffer {
    return this.segments[handle >>> UNITS_PER_SEGMENT_LOG2]!
  }

  /** The segment as a `DataView`. */
  data(handle: number): DataView {
    return this.datas[handle >>> UNITS_PER_SEGMENT_LOG2]!
  }

  /** Where the block begins within its segment. */
  offset(handle: number): number {
    return (handle & ((1 << UNITS_PER_SEGMENT_LOG2) - 1)) * UNIT_BYTES
  }

  allocate(sizeClass: number): number {
    const bytes = classBytes[sizeClass]!
    this.liveBytes += bytes
    const recycled = this.free[sizeClass]!.pop()
    if (recycled !== undefined) return recycled
    const units = bytes / UNIT_BYTES
    if (this.bumpUnit + units > this.bumpEnd) this.openSegment(units)
    const handle = this.bumpUnit
    this.bumpUnit += units
    return handle
  }

  release(handle: number, sizeClass: number): void {
    this.liveBytes -= classBytes[sizeClass]!
    this.free[sizeClass]!.push(handle)
  }

  /** Forgets every block but keeps some memory for reuse. */
  reset(): void {
    this.segments.length = Math.min(this.segments.length, SEGMENTS_KEPT)
    this.datas.length = this.segments.length
    for (const list of this.free) list.length = 0
    this.opened = 0
    this.bumpUnit = 0
    this.bumpEnd = 0
    this.liveBytes = 0
  }

  /** The rest of a segment too short for the next block is given up: at most one block's length a segment. */
  private openSegment(units: number): void {
    do {
      const segment = this.segments[this.opened] ?? this.addSegment(units)
      this.bumpUnit = this.opened << UNITS_PER_SEGMENT_LOG2
      this.bumpEnd = this.bumpUnit + segment.length / UNIT_BYTES
      this.opened++
    } while (this.bumpUnit + units > this.bumpEnd)
  }

  private addSegment(units: number): Buffer {
    const small = this.segments.length === 0 && units * UNIT_BYTES <= FIRST_SEGMENT_BYTES
    const segment = Buffer.allocUnsafeSlow(small ? FIRST_SEGMENT_BYTES : SEGMENT_BYTES)
    this.segments.push(segment)
    this.datas.push(dataOf(segment))
    return segment
  }
}
