import type { ByteReader, ByteWriter } from '../engine/bytes.ts'
import type { StateLayout } from '../engine/processor.ts'
import { Contributions } from './contributions.ts'
import { ERASURE_BYTES, ERASURE_MARK, erasedAtOf, NEWEST_BYTES } from './row.ts'
import type { RowEnds } from './row-ends.ts'
import type { ViewRows } from './view.ts'

/** A row as it was, and what is to be added to it when it is written. */
export class ViewRow {
  buffer: Buffer = Buffer.alloc(0)
  start = 0
  end = 0
  readonly added = new Contributions()

  over(buffer: Buffer, start: number, end: number): this {
    this.buffer = buffer
    this.start = start
    this.end = end
    this.added.reset()
    return this
  }

  /** 0 for never, as far as it is remembered. */
  get erasedAt(): number {
    return erasedAtOf(this.buffer, this.start, this.end)
  }

  /** Leaves nothing but when it was erased. */
  erase(at: number): void {
    const bytes = Buffer.alloc(NEWEST_BYTES + ERASURE_BYTES, ERASURE_MARK)
    bytes.writeUIntLE(at, 0, NEWEST_BYTES)
    bytes.writeUIntLE(at, NEWEST_BYTES + 1, NEWEST_BYTES)
    this.over(bytes, 0, bytes.length)
  }

  /** Takes the erasure out of a row that remembers one; where nothing came after it, nothing is left. */
  forgetErasure(): void {
    const { buffer, start, end, erasedAt } = this
    const entries = start + NEWEST_BYTES + ERASURE_BYTES
    const isEmpty = entries === end && buffer.readUIntLE(start, NEWEST_BYTES) === erasedAt
    const newest = buffer.subarray(start, start + NEWEST_BYTES)
    const bytes = isEmpty ? Buffer.alloc(0) : Buffer.concat([newest, buffer.subarray(entries, end)])
    this.over(bytes, 0, bytes.length)
  }
}

/**
 * A view's state: one reused handle over the bytes of the row at hand, so that reading, adding and writing an
 * event is one pass from the old bytes to the new ones. Rows of older versions, which slots of this one do not fit, read
 * as empty, as they do where they are served: but for an erasure.
 */
export const layoutOf = (view: ViewRows): StateLayout<ViewRow> => {
  const row = new ViewRow()
  const read = (reader: ByteReader): ViewRow => {
    const { buffer, position, end } = reader
    reader.position = end
    return row.over(buffer, position, end)
  }
  const readOlder = (reader: ByteReader): ViewRow => {
    const { erasedAt } = read(reader)
    if (erasedAt === 0) return row.over(row.buffer, 0, 0)
    row.erase(erasedAt)
    return row
  }
  const { ends } = view
  const olderVersions = Array.from({ length: view.version - 1 }, (_, index) => index + 1)
  return {
    version: view.version,
    migrations: Object.fromEntries(olderVersions.map((version) => [version, readOlder])),
    create() {
      return row.over(row.buffer, 0, 0)
    },
    read,
    write({ buffer, start, end, added }: ViewRow, writer: ByteWriter) {
      return view.rows.add(buffer, start, end, added, writer)
    },
    ...(ends && {
      hasEnded: (buffer: Buffer, start: number, end: number, at: number) =>
        hasEnded(view.version, ends, buffer, start, end, at),
    }),
  }
}

/** Rows of older versions end with their time to live, for they read as empty; what those of newer ones hold is not known. */
const hasEnded = (
  version: number,
  ends: RowEnds,
  buffer: Buffer,
  start: number,
  end: number,
  at: number,
): boolean => {
  const own = start + 1
  const written = buffer[start]!
  if (written === version) return ends.hasEnded(buffer, own, end, at)
  const isEmpty = written < version && end >= own + NEWEST_BYTES && erasedAtOf(buffer, own, end) === 0
  return isEmpty && ends.isOutlived(buffer.readUIntLE(own, NEWEST_BYTES), at)
}
