import { expect, test } from 'vitest'
import { ByteReader, ByteWriter } from '../../../engine/bytes.ts'
import { readSlate, slateLayout } from '../../../processors/label-join/slate-row.ts'
import { type Impression, impressions } from '../../../schemas/impressions/index.ts'
import { encode, examplesOf } from '../../schemas/support.ts'
import { anImpression } from '../personal-events.ts'

/** As the engine writes and reads rows, not at the beginning of their memory. */
const written = (impression: Impression): Buffer => {
  const writer = new ByteWriter()
  writer.u8(slateLayout.version)
  expect(slateLayout.write(slateLayout.create().keep(impression), writer)).toBe(true)
  return Buffer.from(writer.buffer.subarray(0, writer.position))
}

const slates: readonly Impression[] = [
  anImpression(),
  { ...anImpression(), candidates: [] },
  ...examplesOf('impressions').map((example) => impressions.fromJson(example)),
]

test('a slate is read as it was written, whole and candidate by candidate', () => {
  expect(Math.max(...slates.map(({ candidates }) => candidates.length))).toBeGreaterThan(1)
  for (const slate of slates) {
    const row = written(slate)
    expect(readSlate(row)).toEqual(slate)
    const padded = Buffer.concat([Buffer.alloc(7), row, Buffer.alloc(7)])
    const read = slateLayout.read(new ByteReader().over(padded, 8, 7 + row.length))
    expect(read.head).toEqual({ ...slate, candidates: [] })
    expect(read.candidateCount).toBe(slate.candidates.length)
    for (const index of slate.candidates.keys())
      expect(read.candidate(index)).toEqual(slate.candidates[index])
  }
})

test('a slate that did not change is written as it was', () => {
  const row = written(anImpression())
  const writer = new ByteWriter()
  writer.u8(slateLayout.version)
  slateLayout.write(slateLayout.read(new ByteReader().over(row, 1)), writer)
  expect(writer.buffer.subarray(0, writer.position)).toEqual(row)
})

test('one that is let go of is no row any more', () => {
  const slate = slateLayout.read(new ByteReader().over(written(anImpression()), 1)).clear()
  expect([slate.isEmpty, slate.impression()]).toEqual([true, null])
  expect(slateLayout.write(slate, new ByteWriter())).toBe(false)
})

test('rows that were written in one piece are read', () => {
  for (const slate of slates)
    expect(readSlate(Buffer.concat([Buffer.of(1), encode(impressions, slate)]))).toEqual(slate)
})
