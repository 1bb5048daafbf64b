import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)

interface Measured {
  readonly entries: number
  readonly columns: number
  readonly bytesPerRead: number
}

/** The smallest object that a field of it would need. */
const OBJECT_BYTES = 16

/**
 * What remains are numbers beyond 31 bits that a call answers, such as decayed sums and rates: 209 bytes for this row
 * of 128 entries and 21 columns.
 */
test('reading a row makes no object an entry, nor one a column', async () => {
  // A young generation that holds whatever the reads leave, so that nothing is collected meanwhile.
  const flags = ['--expose-gc', '--max-semi-space-size=128', '--min-semi-space-size=128']
  const { stdout } = await run(process.execPath, [...flags, join(import.meta.dirname, 'allocations.ts')])
  const { entries, columns, bytesPerRead } = JSON.parse(stdout) as Measured
  expect(entries).toBeGreaterThan(100)
  expect(bytesPerRead).toBeLessThan(columns * OBJECT_BYTES)
})
