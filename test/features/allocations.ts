import { RowCursor } from '../../features/row.ts'
import { SlotTable } from '../../features/slots.ts'
import { rowOf } from './oracle.ts'
import { touch, touchView } from './sample.ts'

/** Run with `--expose-gc`: prints the bytes that the heap grew by while rows were read. */
const READS = 200_000
const WARM_READS = 20_000
const NOW = 1_700_000_123_456

const view = touchView()
const bytes = rowOf(
  view,
  Array.from({ length: 50 }, (_, index) => touch({ kind: 'like', at: NOW - index * 3_600_000 })),
)
const row = new Float32Array(view.columns.length + 3)

const entries = (): number => {
  const cursor = new RowCursor(new SlotTable(view.name, view.slots))
  cursor.over(bytes, 0, bytes.length)
  let count = 0
  while (cursor.next()) count++
  return count
}

const read = (times: number): void => {
  for (let index = 0; index < times; index++) view.read(bytes, 0, bytes.length, NOW + (index >> 9), row, 3)
}

read(WARM_READS)
globalThis.gc!()
const before = process.memoryUsage().heapUsed
read(READS)
const grown = process.memoryUsage().heapUsed - before
process.stdout.write(
  `${JSON.stringify({ entries: entries(), columns: view.columns.length, bytesPerRead: grown / READS })}\n`,
)
