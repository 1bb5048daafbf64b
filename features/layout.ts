import type { ByteReader, ByteWriter } from '../engine/bytes.ts'
import type { StateLayout } from '../engine/processor.ts'
import { Contributions } from './contributions.ts'
import { ERASURE_BYTES, ERASURE_MARK, NEWEST_BYTES } from './row.ts'
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

  /** Leaves nothing but when it was erased. */
  erase(at: number): void {
    const bytes = Buffer.alloc(NEWEST_BYTES + ERASURE_BYTES, ERASURE_MARK)
    bytes.writeUIntLE(at, 0, NEWEST_BYTES)
    bytes.writeUIntLE(at, NEWEST_BYTES + 1, NEWEST_BYTES)
    this.over(bytes, 0, bytes.length)
  }

  /** Takes the erasure out of a row that remembers one; where nothing came after it, nothing is left. */
  forgetErasure(): void {
    const { buffer, start, end } = this
    const entries = start + NEWEST_BYTES + ERASURE_BYTES
    const erasedAt = buffer.readUIntLE(entries - NEWEST_BYTES, NEWEST_BYTES)
    const isEmpty = entries === end && buffer.readUIntLE(start, NEWEST_BYTES) === erasedAt
    const newest = buffer.subarray(start, start + NEWEST_BYTES)
    const bytes = isEmpty ? Buffer.alloc(0) : Buffer.concat([newest, buffer.subarray(entries, end)])
    this.over(bytes, 0, bytes.length)
  }
}

/**
 * A view's state: one reused handle over the bytes of the row at hand, so that reading, adding and writing an
 * event is one pass from the old bytes to the new ones.
 */
export const layoutOf = (view: ViewRows): StateLayout<ViewRow> => {
  const row = new ViewRow()
  return {
    version: view.version,
    create() {
      return row.over(row.buffer, 0, 0)
    },
    read(reader: ByteReader) {
      const { buffer, position, end } = reader
      reader.position = end
      return row.over(buffer, position, end)
    },
    write({ buffer, start, end, added }: ViewRow, writer: ByteWriter) {
      return view.rows.add(buffer, start, end, added, writer)
    },
  }
}
