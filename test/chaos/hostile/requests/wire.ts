import { requestBytes } from '../raw-http.ts'
import { BAD_REQUEST, JSON_TYPE, NOT_FOUND, OK, raw, refused, type RequestCase } from './case.ts'

const NO_EVENTS = refused(400, 'NO_EVENTS')
const HEADERS_TOO_LARGE = refused(431, 'HEADERS_TOO_LARGE')
const REQUEST_TIMEOUT = refused(408, 'REQUEST_TIMEOUT')
const KIB = 1_024

const head = (line: string, ...headers: readonly string[]): string =>
  `${[line, ...headers].join('\r\n')}\r\n\r\n`
const get = (target: string, ...headers: readonly string[]): string =>
  head(`GET ${target} HTTP/1.1`, 'host: a', 'connection: close', ...headers)

const chunked = (chunks: string): string =>
  head('POST /v1/events HTTP/1.1', 'host: a', `content-type: ${JSON_TYPE}`, 'transfer-encoding: chunked') +
  chunks

const announced = (bytes: number): string =>
  head('POST /v1/events HTTP/1.1', 'host: a', `content-type: ${JSON_TYPE}`, `content-length: ${bytes}`)

const manyHeaders = (count: number, valueBytes: number): Readonly<Record<string, string>> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'x'.repeat(valueBytes)]))

const largeHeads = (): readonly RequestCase[] => [
  raw('a huge header', requestBytes('GET', '/healthz', manyHeaders(1, 64 * KIB)), HEADERS_TOO_LARGE),
  raw('many headers', requestBytes('GET', '/healthz', manyHeaders(3_000, 20)), HEADERS_TOO_LARGE),
  raw('a huge target', get(`/v1/feed?userId=${'x'.repeat(64 * KIB)}`), HEADERS_TOO_LARGE),
]

const REQUEST_LINES = [
  'BREW /coffee HTTP/1.1',
  'get /healthz http/1.1',
  'GET /healthz HTTP/9.9',
  'PRI * HTTP/2.0',
  'GET /\0 HTTP/1.1',
  'GET  HTTP/1.1',
  'GET',
  ' GET /healthz HTTP/1.1',
]
const HEADERS = ['x: a\0b', 'x: a\n\ny: b', ': x', 'content-length : 5', 'x', 'x: a\rb']

/** What is no HTTP, or hardly. */
export const wireCases = (): readonly RequestCase[] => [
  ...largeHeads(),
  ...REQUEST_LINES.map((line) => raw(`request line ${line}`, head(line, 'host: a'), BAD_REQUEST)),
  ...HEADERS.map((header) => raw(`header ${header}`, get('/healthz', header), BAD_REQUEST)),
  raw('no host', head('GET /healthz HTTP/1.1', 'connection: close'), BAD_REQUEST),
  raw('HTTP/0.9', 'GET /healthz\r\n\r\n', BAD_REQUEST, OK),
  raw('TLS', Buffer.from('16030100c8010000c40303', 'hex'), BAD_REQUEST),
  raw('a target of bytes', get('/v1/feed?userId=é'), BAD_REQUEST),
  raw('an absolute target', get('http://evil.example/v1/feed'), NOT_FOUND, BAD_REQUEST),
  raw('broken chunks', chunked('zz\r\nhello\r\n'), BAD_REQUEST),
  raw('a negative chunk', chunked('-5\r\nhello\r\n0\r\n\r\n'), BAD_REQUEST),
  raw('a chunk longer than it says', chunked('3\r\nhello\r\n0\r\n\r\n'), BAD_REQUEST),
  raw('chunks that smuggle a request', chunked(`0\r\n\r\n${get('/%ff')}`), NO_EVENTS, BAD_REQUEST),
]

/** Requests that never end: they are answered only when their time (30 s) is over. */
export const endlessCases = (): readonly RequestCase[] => [
  raw('half a request line', 'GET /heal', REQUEST_TIMEOUT),
  raw('half a head', 'GET /healthz HTTP/1.1\r\nhost: a\r\n', REQUEST_TIMEOUT),
  raw('newlines only', '\r\n'.repeat(100_000), REQUEST_TIMEOUT),
  raw('half a body', `${announced(1_000)}{`, REQUEST_TIMEOUT),
  raw('a body that was never begun', announced(16_000_000), REQUEST_TIMEOUT),
  raw('half a chunk', chunked('ff\r\nhello'), REQUEST_TIMEOUT),
  raw('a chunk of a petabyte', chunked('4000000000000\r\nhello\r\n'), REQUEST_TIMEOUT),
]
