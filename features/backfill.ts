import { ByteWriter } from '../engine/bytes.ts'
import { KeyWriter } from '../engine/key.ts'
import { Contributions } from './contributions.ts'
import type { View } from './view.ts'

/**
 * Counts events into rows without a topology, by the code that the stream runs: the rows are the stream's to
 * the byte, which is what tests hold the stream against. All rows are held in memory, by key (its ids joined by NUL).
 */
export const backfill = <In>(view: View<In>, events: Iterable<In>): Map<string, Buffer> => {
  const rows = new Map<string, Buffer>()
  const key = new KeyWriter()
  const added = new Contributions()
  const writer = new ByteWriter(1024)
  for (const event of events) {
    key.reset()
    if (!view.key(event, key) || !view.count(event, added)) continue
    const name = key.view().toString()
    const row = rows.get(name) ?? NO_ROW
    writer.reset()
    view.rows.add(row, 0, row.length, added, writer)
    rows.set(name, writer.copy())
  }
  return rows
}

const NO_ROW = Buffer.alloc(0)
