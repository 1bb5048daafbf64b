import { requestBytes } from '../raw-http.ts'
import {
  ask,
  BAD_REQUEST,
  encoded,
  JSON_TYPE,
  METHOD_NOT_ALLOWED,
  NOT_FOUND,
  refused,
  TOO_LARGE,
} from './case.ts'
import type { Expected, RequestCase } from './case.ts'

const PATHS = [
  ...'/web /v1 /v1/ /v1/feed/ //v1/feed /v1//feed /V1/FEED /v1/feed.json /v1/feed%2f /v1/feed;x /index.html'.split(
    ' ',
  ),
  ...'/../../../etc/passwd /..%2f..%2fetc/passwd /%2e%2e/%2e%2e/etc/passwd /v1/../../etc/passwd /.env'.split(
    ' ',
  ),
  ...'/.git/config /%5c..%5c /v1/feed%00 /v1/feed%00.html /__proto__ /constructor /* /..\\..\\windows'.split(
    ' ',
  ),
  ...'/admin /admin/v1 /admin/v1/ /admin/v1/stores/ /admin/v1/../../etc/passwd'.split(' '),
  `/${'x'.repeat(8_000)}`,
  `/${'../'.repeat(1_000)}`,
]

const BROKEN_PATHS = '/%ff /% /%zz /v1/feed%ff?userId=a /%E0%A4%A'.split(' ')

const METHODS = 'PUT DELETE PATCH OPTIONS TRACE PROPFIND MKCOL LOCK PURGE SEARCH QUERY'.split(' ')

/** Paths and methods that lead nowhere. */
export const routeCases = (): readonly RequestCase[] => [
  ...PATHS.map((path) => ask('GET', path, NOT_FOUND)),
  ...BROKEN_PATHS.map((path) => ask('GET', path, BAD_REQUEST)),
  ask('GET', '/v1/events', METHOD_NOT_ALLOWED),
  ...METHODS.map((method) => ask(method, '/v1/events', METHOD_NOT_ALLOWED, BAD_REQUEST)),
  ...METHODS.map((method) => ask(method, '/v1/feed?userId=a', METHOD_NOT_ALLOWED, BAD_REQUEST)),
  ask('CONNECT', 'example.com:443', 'closed', NOT_FOUND),
  { ...postTo('/v1/feed?userId=a', '{}'), expected: [METHOD_NOT_ALLOWED] },
]

const postTo = (target: string, body: string): Omit<RequestCase, 'expected'> => ({
  name: `POST ${target} ${body.slice(0, 40)}`,
  bytes: requestBytes('POST', target, { 'content-type': JSON_TYPE }, body),
})

const STRANGERS = [
  'evil.example',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  '10.0.0.1',
  '[::2]',
  '',
]
const STORES = ['..%2f..%2fetc', '__proto__', 'constructor', '%00', 'x%00', 'x'.repeat(90)]
const LETTERS =
  'a reactions/0/-1 reactions/0/1e9 __proto__/0/1 reactions/9/0 reactions/0/999999 // \u0000'.split(' ')
const ROWS = 'limit=0 limit=1e9 limit=1e999 limit=NaN prefix=a&prefix=b x=1 prefix=%ff'.split(' ')
const FEATURES = [
  '',
  'key=a&key=b&key=c&key=d&key=e',
  'key=%ff',
  'asOf=1e999&key=a',
  'asOf=-1&key=a',
  '__proto__=1&key=a',
]
const FEATURE_KEYS = ['', '%00', 'x'.repeat(10_000)]

const UNKNOWN_LETTER = refused(404, 'UNKNOWN_LETTER')

const REPLAYS: readonly (readonly [body: string, expected: Expected])[] = [
  ...['', '{', 'null', '1', '[]', '{}', '{"id":"a","x":1}', '{"id":{}}'].map(
    (body) => [body, BAD_REQUEST] as const,
  ),
  ...[
    '{"__proto__":{"id":"a"}}',
    '{"id":"a","__proto__":{}}',
    '{"id":"a","constructor":{"prototype":{}}}',
  ].map((body) => [body, BAD_REQUEST] as const),
  [`{"id":"${'x'.repeat(1_000)}"}`, BAD_REQUEST],
  [`{"id":"a","deep":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, BAD_REQUEST],
  ...['{"id":"a"}', '{"id":1}', '{"id":null}', '{"id":["a"]}', '{"id":"__proto__/0/1"}'].map(
    (body) => [body, UNKNOWN_LETTER] as const,
  ),
  [`{"id":"${'x'.repeat(70_000)}"}`, TOO_LARGE],
]

const admin = (target: string, expected: Expected): RequestCase => ask('GET', `/admin/v1/${target}`, expected)

/** What only this machine may ask, asked by others, or for what is not there. */
export const adminCases = (): readonly RequestCase[] => [
  ...STRANGERS.map((host) => ({
    name: `admin from ${host}`,
    bytes: requestBytes('GET', '/admin/v1/status', { host }),
    expected: [refused(403, 'LOOPBACK_ONLY')],
  })),
  ...STORES.map((store) => admin(`stores/${store}/rows`, refused(404, 'UNKNOWN_STORE'))),
  admin('features/__proto__?key=a', refused(404, 'UNKNOWN_VIEW')),
  ...LETTERS.map((letter) => admin(`dead-letters/letter?id=${encoded(letter)}`, UNKNOWN_LETTER)),
  ...ROWS.map((query) => admin(`stores/connections/rows?${query}`, BAD_REQUEST)),
  ...FEATURES.map((query) => admin(`features/user?${query}`, BAD_REQUEST)),
  ...FEATURE_KEYS.map((key) => admin(`features/user?key=${key}`, refused(400, 'USAGE'))),
  ...REPLAYS.map(([body, expected]) => ({
    ...postTo('/admin/v1/dead-letters/replay', body),
    expected: [expected],
  })),
]
