import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { grouped, Progress } from '../../cli/terminal.ts'

const CLEAR = '\r\u001B[2K'

/** A stream as Progress sees one, of a terminal 20 columns wide or of none. */
const aStream = (isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } => {
  const through = Object.assign(new PassThrough(), { isTTY, columns: 20 })
  // Progress writes, and asks for these two fields; a PassThrough does the rest.
  return { stream: through as unknown as NodeJS.WriteStream, text: () => String(through.read() ?? '') }
}

test('on a terminal one line is written over, cut to its width, and taken away', () => {
  let now = 0
  const { stream, text } = aStream(true)
  const progress = new Progress(() => now, stream)
  progress.update(() => 'too early')
  now = 100
  progress.update(() => 'a line that is longer than the terminal')
  progress.clear()
  progress.clear()
  expect(text()).toBe(`${CLEAR}${'a line that is longer'.slice(0, 19)}${CLEAR}`)
})

test('elsewhere there is a whole line every five seconds', () => {
  let now = 0
  const { stream, text } = aStream(false)
  const progress = new Progress(() => now, stream)
  for (now = 0; now <= 11_000; now += 1_000) progress.update(() => `at ${now}`)
  progress.clear()
  expect(text()).toBe('at 5000\nat 10000\n')
})

test('what is not shown is not worded', () => {
  const progress = new Progress(() => 0, aStream(false).stream)
  progress.update(() => {
    throw new Error('asked')
  })
})

test('large numbers are grouped', () => {
  expect(grouped(1_234_567.4)).toBe('1,234,567')
})
