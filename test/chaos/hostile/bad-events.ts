import { gzipSync } from 'node:zlib'
import { BROKEN_UTF8, LEAVES, STRANGE_NAMES } from './leaves.ts'
import { envelope, EXAMPLES, textOf, valueOf, withField, type Example } from './examples.ts'
import { fieldsOf, TIME_MAX } from './contract-table.ts'
import { verdictOf } from './verdict.ts'

const HOUR_MS = 3_600_000
const MIB = 1 << 20

/**
 * Every bad line made by hand: all of them together, in a fixed order. Lines that turn out right (a leaf may suit
 * a field) are left out; none is beyond the size of a line, for which see `oversized`.
 */
export const handMadeLines = (nowMs: number): readonly Buffer[] =>
  [...lines(nowMs)].filter((line) => verdictOf(line, nowMs).kind === 'bad')

function* lines(nowMs: number): Generator<Buffer> {
  const firsts = EXAMPLES.filter(
    ({ topic }, index) => EXAMPLES.findIndex((each) => each.topic === topic) === index,
  )
  for (const example of firsts) {
    yield* badFields(example)
    yield* badTimes(example, nowMs)
    yield* badNames(example)
    yield* badEnvelopes(example)
    yield* badBytes(Buffer.from(textOf(example)))
  }
  for (const text of BARE) yield Buffer.from(text)
}

function* badFields(example: Example): Generator<Buffer> {
  for (const name of fieldsOf(example.topic)) {
    yield Buffer.from(textOf(withField(example, name, undefined)))
    for (const leaf of LEAVES) yield Buffer.from(textOf(withField(example, name, leaf)))
  }
}

function* badTimes(example: Example, nowMs: number): Generator<Buffer> {
  for (const at of [nowMs + HOUR_MS, nowMs + 365 * 24 * HOUR_MS, TIME_MAX]) {
    yield Buffer.from(textOf(withField(example, 'at', String(at))))
  }
}

function* badNames(example: Example): Generator<Buffer> {
  for (const name of STRANGE_NAMES) {
    for (const leaf of ['null', '1', '{}', '{"polluted":true}']) {
      yield Buffer.from(textOf(withField(example, name, leaf)))
    }
  }
}

const TOPICS = [
  ...'impressions examples snapshots dead-letters reactions.dead-letters post-deltas'.split(' '),
  ...'__proto__ constructor toString Reactions ../posts'.split(' '),
  '',
  'reactions ',
  'reactions\u0000',
  'x'.repeat(100_000),
].map((topic) => JSON.stringify(topic))

function* badEnvelopes({ topic, fields }: Example): Generator<Buffer> {
  const name = JSON.stringify(topic)
  const value = valueOf(fields)
  for (const other of [...TOPICS, 'null', '1', 'true', '[]', `[${name}]`, '{}'])
    yield Buffer.from(envelope(other, value))
  for (const other of LEAVES) yield Buffer.from(envelope(name, other))
  for (const other of [`[${value}]`, JSON.stringify(value), `${value}${value}`])
    yield Buffer.from(envelope(name, other))
  yield Buffer.from(`{"topic":${name}}`)
  yield Buffer.from(`{"value":${value}}`)
  yield Buffer.from(value)
  for (const extra of STRANGE_NAMES) {
    yield Buffer.from(`{"topic":${name},"value":${value},${JSON.stringify(extra)}:1}`)
  }
  yield Buffer.from(`{"__proto__":{"topic":${name},"value":${value}}}`)
  yield Buffer.from(`{"topic":${name},"value":{"__proto__":${value}}}`)
  yield Buffer.from(`{"topic":${name},"topic":"nowhere","value":${value}}`)
  yield Buffer.from(`{"topic":${name},"value":${value},"value":{}}`)
  yield Buffer.from(`[${envelope(name, value)}]`)
}

/** The line cut short, with something around it, packed, in another encoding, with bytes that are no UTF-8. */
function* badBytes(line: Buffer): Generator<Buffer> {
  for (let cut = 1; cut < line.length; cut += 7) yield line.subarray(0, cut)
  for (const around of ['\ufeff', '\u0000', '(', ")]}',", 'data: ', '//', '\u00a0', '\u2028']) {
    yield Buffer.concat([Buffer.from(around), line])
    yield Buffer.concat([line, Buffer.from(around)])
  }
  yield withoutNewlines(gzipSync(line))
  yield withoutNewlines(Buffer.from(line.toString(), 'utf16le'))
  yield Buffer.concat([line, line])
  yield Buffer.concat([line, Buffer.from(','), line])
  const inText = line.indexOf(':"') + 2
  for (const broken of BROKEN_UTF8) {
    yield Buffer.concat([line.subarray(0, inText), broken, line.subarray(inText)])
    yield Buffer.concat([broken, line])
  }
}

/** A newline would make it two lines. */
const withoutNewlines = (bytes: Buffer): Buffer =>
  Buffer.from(bytes.map((byte) => (byte === 0x0a ? 0x0b : byte)))

const BARE = [
  '1',
  '"text"',
  'null',
  'true',
  '[]',
  '[[]]',
  '{}',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '-',
  '{}{}',
]

/** Lines larger than are read: text, deep nesting, blanks before a good event. */
export const oversizedLines = (): readonly Buffer[] => {
  const good = textOf(EXAMPLES[0]!)
  return [
    Buffer.from(textOf(withField(EXAMPLES[0]!, 'text', JSON.stringify('x'.repeat(MIB))))),
    Buffer.from(`${' '.repeat(MIB)}${good}`),
    Buffer.alloc(MIB + 1, '['),
    Buffer.alloc(MIB + 1, '"'),
    Buffer.alloc(MIB + 1, '\\'),
    Buffer.alloc(MIB + 1, 0xff),
  ]
}
