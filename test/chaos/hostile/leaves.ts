import { TIME_MAX, TIME_MIN } from './contract-table.ts'

const quoted = (text: string): string => JSON.stringify(text)

const nested = (open: string, close: string, levels: number): string =>
  open.repeat(levels) + close.repeat(levels)

const WORDS = ['', ...'null true false NaN Infinity -Infinity undefined nil None'.split(' ')]

const NUMBERS = [
  ...'0 -0 1 -1 1.5 1e999 -1e999 1e308 -1e-400 5e-324 0.1e1 9007199254740991 9007199254740993'.split(' '),
  ...'18446744073709551616 9223372036854775807 0x10 01 .5 1. +1 1e --1 1_000 1n'.split(' '),
]

/** The ends of the range and just beyond. */
const RANGE_ENDS = [TIME_MIN - 1, TIME_MIN, TIME_MAX, TIME_MAX + 1]
/** Seconds, microseconds, a fraction, and what dates or integers cannot hold. */
const NO_TIMES = [
  1_717_243_200,
  1_717_243_200_000_000,
  1_717_243_200_000.5,
  8.64e15,
  8.64e15 + 1,
  -(2 ** 53) + 1,
]

const BLANKS = ['', ' ', 'like ', ' like', '\t', '\r', 'a\nb', '\u2028', '\u202e', '\ufeff']
const CONTROLS = ['\u0000', 'a\u0000b', '\u001f', '\u007f', '\u0085', '\u009f']
/** At the limits of ids (64 bytes) and texts (10,000 characters), and beyond. */
const LONG_TEXTS = [
  ...[64, 65, 10_000, 10_001].map((length) => 'x'.repeat(length)),
  ...[21, 22].map((length) => '€'.repeat(length)),
  ...[16, 17, 5_001].map((length) => '🏔'.repeat(length)),
  'e\u0301'.repeat(40),
]
const TEXTS = [
  ...'# ## __proto__ constructor prototype toString hasOwnProperty null LIKE Public en_US e USA U1'.split(
    ' ',
  ),
  ...'2024-06-01T12:00:00Z 1717243200000 İ ſ ıa uſ ß \u212ao'.split(' '),
  ...BLANKS,
  ...CONTROLS,
  ...LONG_TEXTS,
].map(quoted)

/** Half a surrogate pair, escaped: JSON reads it, UTF-8 cannot carry it. Escapes and quotes that JSON has not. */
const ESCAPES = [
  ...String.raw`"\ud800" "\udc00" "a\ud83c" "\udc00\ud800" "\u0000" "\u000" "\x41" "\" "\u{1}"`.split(' '),
  ...'"\t" "\u0001" \'single\' "open bare `tick`'.split(' '),
]

const LISTS = [
  ...String.raw`[] [null] [1] [true] [""] ["\u0000"] ["\ud800"] [[]] [{}] ["a",] [,] [1e999] [-1e39]`.split(
    ' ',
  ),
  ...'[3.5e38] ["#"] ["__proto__"] ["a","a"]'.split(' '),
  '["a" "b"]',
  `[${'"a",'.repeat(10_000)}"a"]`,
  `[${'0,'.repeat(1_024)}0]`,
  `[${quoted('x'.repeat(65))}]`,
]

const MAPS = [
  ...'{} {"a":1} {"a":1.01} {"a":-0.01} {"a":null} {"a":"1"} {"a":1e999} {"":0} {a:1} {"a":1,}'.split(' '),
  ...'{"__proto__":0} {"__proto__":{"polluted":1}} {"constructor":{"prototype":{"polluted":1}}}'.split(' '),
  ...String.raw`{"\u005f_proto__":0.5} {"\ud800":0} {"\u0000":0} {"length":3} {"toJSON":1} {"then":1}`.split(
    ' ',
  ),
  `{${Array.from({ length: 65 }, (_, index) => `"${index}":0`).join(',')}}`,
  `{${quoted('x'.repeat(65))}:0}`,
]

const DEEP = [
  nested('[', ']', 33),
  nested('[', ']', 10_000),
  nested('{"a":', '}', 10_000),
  '['.repeat(10_000),
]

/** JSON texts, and texts that only look like JSON, to put where a field's value stands. */
export const LEAVES: readonly string[] = [
  ...WORDS,
  ...NUMBERS,
  ...[...RANGE_ENDS, ...NO_TIMES].map(String),
  ...TEXTS,
  ...ESCAPES,
  ...LISTS,
  ...MAPS,
  ...DEEP,
]

/** Bytes that are no UTF-8: a lone tail, an overlong NUL, a surrogate, beyond U+10FFFF, cut off, never used. */
export const BROKEN_UTF8: readonly Buffer[] = [
  [0x80],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xe2, 0x82],
  [0xff],
  [0xfe, 0xff],
].map((bytes) => Buffer.from(bytes))

/** Names that are no field of any contract. */
export const STRANGE_NAMES: readonly string[] = [
  ...'__proto__ constructor prototype toString hasOwnProperty valueOf eventid EventId topic a.b'.split(' '),
  ...BLANKS,
  ...CONTROLS,
  '\ud800',
  'x'.repeat(100_000),
  '🏔'.repeat(1_000),
]
