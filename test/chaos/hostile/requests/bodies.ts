import { gzipSync } from 'node:zlib'
import { EXAMPLES, textOf } from '../examples.ts'
import { requestBytes } from '../raw-http.ts'
import { BAD_REQUEST, JSON_TYPE, LINES_TYPE, refused, TOO_LARGE } from './case.ts'
import type { Expected, RequestCase } from './case.ts'

type Headers = Readonly<Record<string, string>>

const EVENTS_REFUSED = refused(400, 'EVENTS_REFUSED')
const NO_EVENTS = refused(400, 'NO_EVENTS')
const UNSUPPORTED = refused(415, 'UNSUPPORTED_MEDIA_TYPE')
const TOO_MANY = refused(413, 'TOO_MANY_EVENTS')

const GOOD = Buffer.from(textOf(EXAMPLES[0]!))
const MIB = 1 << 20

const post = (
  name: string,
  headers: Headers,
  body: Buffer | string,
  ...expected: readonly Expected[]
): RequestCase => ({
  name: `POST ${name}`.slice(0, 60),
  bytes: requestBytes('POST', '/v1/events', headers, body),
  expected,
})

const as = (type: string, more: Headers = {}): Headers => ({ 'content-type': type, ...more })

const TYPES = [
  ...'text/plain text/html application/xml application/octet-stream application/avro application/gzip json'.split(
    ' ',
  ),
  ...'application/x-www-form-urlencoded */* / ; application'.split(' '),
  'multipart/form-data; boundary=x',
  `application/${'x'.repeat(4_000)}`,
]
const ENCODINGS = ['gzip', 'br', 'deflate', 'identity, gzip', 'x']

/** An event that is right, in a body of a kind that is not taken. */
const kinds = (): readonly RequestCase[] => [
  ...TYPES.map((type) => post(`as ${type}`, as(type), GOOD, UNSUPPORTED)),
  post('without a type', {}, GOOD, UNSUPPORTED),
  ...ENCODINGS.map((encoding) =>
    post(`as ${encoding}`, as(JSON_TYPE, { 'content-encoding': encoding }), gzipSync(GOOD), UNSUPPORTED),
  ),
  ...[JSON_TYPE, LINES_TYPE].map((type) => post(`gzip as ${type}`, as(type), gzipSync(GOOD), EVENTS_REFUSED)),
]

const LENGTHS = '-1 x 1e3 1,2 +5 0x10 18446744073709551616'.split(' ')
const HUGE_LENGTHS = '17000000 99999999999 9007199254740993'.split(' ')

/** Lengths that are none, that are too great, or that contradict each other. */
const lengths = (): readonly RequestCase[] => [
  ...HUGE_LENGTHS.map((length) =>
    post(`${length} bytes`, as(JSON_TYPE, { 'content-length': length }), GOOD, TOO_LARGE, BAD_REQUEST),
  ),
  ...LENGTHS.map((length) =>
    post(`${length} bytes`, as(JSON_TYPE, { 'content-length': length }), GOOD, BAD_REQUEST),
  ),
  post('two lengths', as(JSON_TYPE, { 'content-length': '5', 'Content-Length': '6' }), GOOD, BAD_REQUEST),
  post('length and chunks', as(JSON_TYPE, { 'transfer-encoding': 'chunked' }), GOOD, BAD_REQUEST),
]

/** Bodies in which there is nothing. */
const nothing = (type: string): readonly RequestCase[] => [
  post(`nothing as ${type}`, as(type, { 'content-length': '0' }), '', NO_EVENTS),
  post(`blanks as ${type}`, as(type), ' \t\r\n'.repeat(1_000), NO_EVENTS),
  post(`newlines as ${type}`, as(type), Buffer.alloc(MIB, '\n'), NO_EVENTS),
  post(`bytes as ${type}`, as(type), Buffer.from([0, 1, 2, 3, 255, 254]), EVENTS_REFUSED),
  post(`a number as ${type}`, as(type), '1', EVENTS_REFUSED),
]

const BROKEN_ARRAYS = ['[', '[1', '[{"a":1}', '[]]', '[1] x', '["open', '['.repeat(10_000), '[{]']
const WRONG_ARRAYS = ['[,]', '[1,]', '[[]]', '[null,null]', '[}]']

const arrays = (): readonly RequestCase[] => [
  post('an empty array', as(JSON_TYPE), '[]', NO_EVENTS),
  ...BROKEN_ARRAYS.map((body) => post(`array ${body}`, as(JSON_TYPE), body, BAD_REQUEST)),
  ...WRONG_ARRAYS.map((body) => post(`array ${body}`, as(JSON_TYPE), body, EVENTS_REFUSED)),
  post('too many elements', as(JSON_TYPE), `[${'1,'.repeat(10_000)}1]`, TOO_MANY),
  post('too many commas', as(JSON_TYPE), `[${','.repeat(100_000)}]`, TOO_MANY),
]

/** Requests that publish nothing. */
export const bodyCases = (): readonly RequestCase[] => [
  ...kinds(),
  ...lengths(),
  ...[JSON_TYPE, LINES_TYPE].flatMap(nothing),
  ...arrays(),
  post('too many lines', as(LINES_TYPE), '{}\n'.repeat(10_001), TOO_MANY),
  post('10,000 tiny lines', as(LINES_TYPE), '0\n'.repeat(10_000), EVENTS_REFUSED),
]
