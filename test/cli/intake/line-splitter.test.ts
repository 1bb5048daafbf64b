import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LineSplitter } from '../../../cli/intake/line-splitter.ts'

const LINE_BYTES_MAX = 8

interface Seen {
  readonly number: number
  readonly text: string | null
}

const split = (chunks: readonly Buffer[]): Seen[] => {
  const splitter = new LineSplitter(LINE_BYTES_MAX)
  const seen: Seen[] = []
  const note = ({ buffer, start, end, number, tooLong }: ReturnType<typeof firstOf>): void => {
    seen.push({ number, text: tooLong ? null : buffer.toString('latin1', start, end) })
  }
  for (const chunk of chunks) for (const line of splitter.lines(chunk)) note(line)
  for (const line of splitter.end()) note(line)
  return seen
}

const firstOf = (splitter: LineSplitter) => [...splitter.end()][0]!

/** What it must answer, by splitting the whole text. */
const expected = (text: string): Seen[] =>
  text
    .split('\n')
    .map((line, index) => ({ number: index + 1, text: line.length > LINE_BYTES_MAX ? null : line }))
    .filter(({ text: line }) => line === null || line.trim() !== '')

describe('a file in chunks', () => {
  test('has the lines of the whole, however it is cut', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', ' ', '\n', '\r', '\n', 'long-long-line'), { maxLength: 60 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, fc.array(fc.nat(9), { maxLength: 80 }), (whole, sizes) => {
        const chunks: Buffer[] = []
        let rest = whole
        for (const size of sizes) {
          chunks.push(Buffer.from(rest.slice(0, size)))
          rest = rest.slice(size)
        }
        chunks.push(Buffer.from(rest))
        expect(split(chunks)).toEqual(expected(whole))
      }),
    )
  })

  test('is not held in memory for the sake of a line that is too long', () => {
    const splitter = new LineSplitter(LINE_BYTES_MAX)
    const chunk = Buffer.alloc(1_000, 'x')
    for (let count = 0; count < 1_000; count++) expect([...splitter.lines(chunk)]).toEqual([])
    const lines = [...splitter.lines(Buffer.from('\nshort\n'))]
    expect(lines.map(({ tooLong, number, buffer }) => [tooLong, number, buffer.length])).toEqual([
      [true, 1, 0],
      [false, 2, 7],
    ])
  })
})
