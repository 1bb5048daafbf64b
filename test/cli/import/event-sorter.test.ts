import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EventSorter } from '../../../cli/import/event-sorter.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'freshet-sorter-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

interface Event {
  readonly at: number
  readonly rank: number
  readonly line: string
}

const events = fc.array(
  fc.record({
    at: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 4_102_444_800_000 })),
    rank: fc.integer({ min: 0, max: 2 }),
    line: fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => JSON.stringify(text)),
  }),
  { maxLength: 200 },
)

const sortOnDisk = async (
  input: readonly Event[],
  runCharsMax: number,
  mergeRunsMax: number,
): Promise<string> => {
  const out = join(directory, 'out')
  const sorter = await EventSorter.create(out, { runCharsMax, mergeRunsMax })
  try {
    for (const { at, rank, line } of input) await sorter.add(at, rank, line)
    await sorter.finish()
  } finally {
    await sorter.close()
  }
  return readFile(out, 'utf8')
}

test('events come out by time, then rank, then arrival, however few of them fit in memory', async () => {
  await fc.assert(
    fc.asyncProperty(
      events,
      fc.integer({ min: 1, max: 4_000 }),
      fc.integer({ min: 2, max: 5 }),
      async (input, runCharsMax, mergeRunsMax) => {
        const expected = [...input].sort((one, other) => one.at - other.at || one.rank - other.rank)
        const text = await sortOnDisk(input, runCharsMax, mergeRunsMax)
        expect(text).toBe(expected.map(({ line }) => `${line}\n`).join(''))
      },
    ),
    { numRuns: 50 },
  )
})

test('nothing but the output is left, even when the sort was given up', async () => {
  await sortOnDisk([{ at: 1, rank: 0, line: '{}' }], 1, 2)
  const sorter = await EventSorter.create(join(directory, 'other'), { runCharsMax: 1, mergeRunsMax: 2 })
  await sorter.add(1, 0, '{}')
  await sorter.close()
  expect(await readdir(directory)).toEqual(['out'])
})
