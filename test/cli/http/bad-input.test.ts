import { describe, expect, test } from 'vitest'
import { reaction } from '../community.ts'
import { type Answer, Running } from '../running.ts'

const JSON_TYPE = 'application/json'
const NDJSON = 'application/x-ndjson'
const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`
const aReaction = (fields: object): string => JSON.stringify(reaction('ada', 'p1', 'bea', 'like', fields))

/** Requests that send no event that can be accepted: name, type, body, what is answered. */
const BODIES: readonly (readonly [string, string, string | Uint8Array, number, object])[] = [
  ['an empty body', JSON_TYPE, '', 400, { code: 'NO_EVENTS' }],
  ['white space', NDJSON, ' \n\n ', 400, { code: 'NO_EVENTS' }],
  ['an empty array', JSON_TYPE, '[]', 400, { code: 'NO_EVENTS' }],
  ['a word', JSON_TYPE, 'nope', 400, { refused: [{ rule: 'NOT_JSON' }] }],
  ['a number', JSON_TYPE, '17', 400, { refused: [{ rule: 'ENVELOPE' }] }],
  ['null', JSON_TYPE, 'null', 400, { refused: [{ rule: 'ENVELOPE' }] }],
  ['an open array', JSON_TYPE, '[{}', 400, { code: 'BAD_REQUEST' }],
  ['two arrays', JSON_TYPE, '[][]', 400, { code: 'BAD_REQUEST' }],
  ['half an object', JSON_TYPE, '{"topic":"reactions"', 400, { refused: [{ rule: 'NOT_JSON' }] }],
  ['no topic', JSON_TYPE, '{"value":{}}', 400, { refused: [{ rule: 'ENVELOPE', field: 'topic' }] }],
  ['an unknown topic', JSON_TYPE, '{"topic":"x","value":{}}', 400, { refused: [{ rule: 'UNKNOWN_TOPIC' }] }],
  [
    'an internal topic',
    JSON_TYPE,
    '{"topic":"impressions","value":{}}',
    400,
    { refused: [{ rule: 'UNKNOWN_TOPIC' }] },
  ],
  [
    'a topic named __proto__',
    JSON_TYPE,
    '{"topic":"__proto__","value":{}}',
    400,
    { refused: [{ rule: 'UNKNOWN_TOPIC' }] },
  ],
  [
    'a field named __proto__',
    JSON_TYPE,
    '{"__proto__":{"topic":"reactions","value":{}}}',
    400,
    { refused: [{ rule: 'ENVELOPE' }] },
  ],
  [
    'a value with a field named __proto__',
    JSON_TYPE,
    `{"topic":"reactions","value":{"__proto__":{"userId":"eve"}}}`,
    400,
    { refused: [{ rule: 'FIELD_UNKNOWN' }] },
  ],
  [
    'a map key named __proto__',
    JSON_TYPE,
    '{"topic":"integrity","value":{"eventId":"e","postId":"p","verdict":"allow","scores":{"__proto__":1},"at":1767225600000}}',
    400,
    { refused: [{ rule: 'NAME_RESERVED' }] },
  ],
  ['an unknown field', JSON_TYPE, aReaction({ colour: 'red' }), 400, { field: 'colour' }],
  ['a wrong type', JSON_TYPE, aReaction({ userId: 7 }), 400, { field: 'userId' }],
  ['an empty id', JSON_TYPE, aReaction({ postId: '' }), 400, { refused: [{ rule: 'ID_LENGTH' }] }],
  [
    'a huge id',
    JSON_TYPE,
    aReaction({ postId: 'x'.repeat(500_000) }),
    400,
    { refused: [{ rule: 'ID_LENGTH' }] },
  ],
  ['a NUL in an id', JSON_TYPE, aReaction({ postId: 'a\0b' }), 400, { refused: [{ rule: 'ID_CHARACTERS' }] }],
  [
    'half a surrogate pair',
    JSON_TYPE,
    aReaction({ postId: 'a' }).replace('"a"', String.raw`"\ud800"`),
    400,
    { refused: [{ rule: 'ID_CHARACTERS' }] },
  ],
  ['NaN', JSON_TYPE, '{"topic":"reactions","value":{"at":NaN}}', 400, { refused: [{ rule: 'NOT_JSON' }] }],
  [
    'a number beyond doubles',
    JSON_TYPE,
    aReaction({ at: 1 }).replace('"at":1}', '"at":1e999}'),
    400,
    { refused: [{ field: 'at' }] },
  ],
  [
    'a time with a fraction',
    JSON_TYPE,
    aReaction({ at: 1767225600000.5 }),
    400,
    { refused: [{ rule: 'NOT_INTEGER' }] },
  ],
  ['a time before 2000', JSON_TYPE, aReaction({ at: 1 }), 400, { refused: [{ rule: 'OUT_OF_RANGE' }] }],
  [
    'a time at the end of the range',
    JSON_TYPE,
    aReaction({ at: Number.MAX_SAFE_INTEGER }),
    400,
    { refused: [{ rule: 'OUT_OF_RANGE' }] },
  ],
  ['a negative dwell', JSON_TYPE, aReaction({ kind: 'dwell', value: -1 }), 400, { field: 'value' }],
  [
    'deep JSON',
    JSON_TYPE,
    `{"topic":"reactions","value":${deep(1_000)}}`,
    400,
    { refused: [{ rule: 'TOO_DEEP' }] },
  ],
  [
    'very deep JSON in an array',
    JSON_TYPE,
    `[${deep(1_000_000)}]`,
    400,
    { refused: [{ line: 1, rule: 'TOO_LARGE' }] },
  ],
  ['a line of two MiB', NDJSON, 'x'.repeat(2 << 20), 400, { refused: [{ rule: 'TOO_LARGE' }] }],
  [
    'bytes that are not UTF-8',
    JSON_TYPE,
    Buffer.concat([Buffer.from('{"topic":"'), Buffer.from([0xff, 0xc0]), Buffer.from('"}')]),
    400,
    { refused: [{ rule: 'NOT_UTF8' }] },
  ],
  ['random bytes', NDJSON, Buffer.from([0, 1, 2, 255, 254]), 400, { code: 'EVENTS_REFUSED' }],
  [
    'gzip that is not said to be',
    NDJSON,
    Buffer.from([0x1f, 0x8b, 8, 0, 0]),
    400,
    { code: 'EVENTS_REFUSED' },
  ],
  ['a form', 'application/x-www-form-urlencoded', 'a=1', 415, { code: 'UNSUPPORTED_MEDIA_TYPE' }],
  [
    'text',
    'text/plain',
    '{}',
    415,
    { code: 'UNSUPPORTED_MEDIA_TYPE', message: expect.stringContaining('application/x-ndjson') },
  ],
  ['too many lines', NDJSON, '{}\n'.repeat(10_001), 413, { code: 'TOO_MANY_EVENTS' }],
  ['too many elements', JSON_TYPE, `[${'{},'.repeat(10_001)}{}]`, 413, { code: 'TOO_MANY_EVENTS' }],
  ['17 MiB', NDJSON, Buffer.alloc(17 << 20, 'x'), 413, { code: 'BODY_TOO_LARGE' }],
]

/** Paths that ask for what is not there, or in a way that is not right. */
const PATHS: readonly (readonly [string, number, object])[] = [
  ['/v1/feed', 400, { code: 'BAD_REQUEST', field: 'userId' }],
  ['/v1/feed?userId=', 400, { code: 'BAD_REQUEST', field: 'userId' }],
  [`/v1/feed?userId=${'x'.repeat(65)}`, 400, { code: 'BAD_REQUEST', field: 'userId' }],
  [`/v1/feed?userId=${encodeURIComponent('é'.repeat(40))}`, 400, { code: 'BAD_REQUEST', field: 'userId' }],
  ['/v1/feed?userId=a%00b', 400, { code: 'BAD_REQUEST', field: 'userId' }],
  ['/v1/feed?userId=a%0ab', 400, { code: 'BAD_REQUEST', field: 'userId' }],
  ['/v1/feed?userId=a&userId=b', 400, { code: 'BAD_REQUEST', field: 'userId' }],
  ['/v1/feed?userId=ada&limit=0', 400, { code: 'BAD_REQUEST', field: 'limit' }],
  ['/v1/feed?userId=ada&limit=101', 400, { code: 'BAD_REQUEST', field: 'limit' }],
  ['/v1/feed?userId=ada&limit=1.5', 400, { code: 'BAD_REQUEST', field: 'limit' }],
  ['/v1/feed?userId=ada&limit=NaN', 400, { code: 'BAD_REQUEST', field: 'limit' }],
  ['/v1/feed?userId=ada&limit=', 400, { code: 'BAD_REQUEST', field: 'limit' }],
  ['/v1/feed?userId=ada&asOf=-1', 400, { code: 'BAD_REQUEST', field: 'asOf' }],
  ['/v1/feed?userId=ada&asOf=1e20', 400, { code: 'BAD_REQUEST', field: 'asOf' }],
  ['/v1/feed?userId=ada&limt=5', 400, { code: 'BAD_REQUEST', field: 'limt' }],
  ['/v1/feed?userId=ada&__proto__=5', 400, { code: 'BAD_REQUEST', field: '__proto__' }],
  ['/v1/feeds', 404, { code: 'NOT_FOUND' }],
  ['/web/', 404, { code: 'NOT_FOUND' }],
  ['/v1/events', 405, { code: 'METHOD_NOT_ALLOWED' }],
  ['/__proto__', 404, { code: 'NOT_FOUND' }],
  ['/v1/%ff', 400, { code: 'BAD_REQUEST' }],
  [`/${'x'.repeat(8_000)}`, 404, { code: 'NOT_FOUND' }],
  [`/${'x'.repeat(20_000)}`, 431, { code: 'HEADERS_TOO_LARGE' }],
]

const expectCoded = ({ body }: Answer): void => {
  expect(body['code']).toMatch(/^[A-Z_]+$/)
  expect(typeof body['message']).toBe('string')
}

describe('a server that is sent what is not right', () => {
  const running = Running.forAll()

  test.each(BODIES)('refuses %s', async (_name, type, body, status, answered) => {
    const answer = await running().post('/v1/events', body, type)
    expectCoded(answer)
    expect(answer.body).toMatchObject(answered)
    expect(answer.status).toBe(status)
  })

  test.each(PATHS)('refuses %.60s', async (path, status, answered) => {
    const answer = await running().get(path)
    expectCoded(answer)
    expect(answer.body).toMatchObject(answered)
    expect(answer.status).toBe(status)
  })

  test('and goes on serving, with nothing of it in the log', async () => {
    expect((await running().get('/healthz')).body).toEqual({ status: 'alive' })
    expect((await running().publish(reaction('ada', 'p1', 'bea', 'like'))).body).toMatchObject({
      accepted: 1,
    })
    expect(running().embedded.log.endOffset('reactions', 0)).toBe(1)
    const { body } = await running().get('/metrics')
    expect(body['text']).toMatch(/freshet_refused_events_total\{rule="NOT_UTF8"\} \d+/)
  })
})
