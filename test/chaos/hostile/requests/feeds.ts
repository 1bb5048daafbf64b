import { HOSTILE_IDS } from '../examples.ts'
import { ask, BAD_REQUEST, encoded, OK, type RequestCase } from './case.ts'

const WHOLE = [
  '',
  'limit=5',
  'userId',
  'userId=',
  'userId[]=a',
  'userid=a',
  'userId=a&userId=b',
  'userId=a&userId=',
]

/** Numbers that no limit and no time can be. */
const NUMBERS =
  'NaN Infinity -Infinity 1e999 -1e999 1e300 -1 0 1.5 -0 99999999999999999999 %00 1%00 [] {} 2,3 1_0 null true now'
const LIMITS = [...NUMBERS.split(' '), '', '101', '1e9', '5&limit=6']
const TIMES = [...NUMBERS.split(' '), '', '946684799999', '4102444800001', '1717243200000.5']

const STRANGE_NAMES = '__proto__ constructor prototype toString hasOwnProperty then x __proto__[x]'.split(' ')

const BAD_IDS = [
  ...['\u0000', 'a\u0000b', '\u001f', '\u007f', '\u0085', '\n', '\r\nx: y'].map(encoded),
  ...['x'.repeat(65), '€'.repeat(22), 'x'.repeat(10_000)].map(encoded),
  ...'%ff %c0%80 %ED%A0%80 %E0%A4%A % %zz %u0000 a% %f4%90%80%80'.split(' '),
]

const BAD_QUERIES = [
  ...WHOLE,
  ...LIMITS.map((limit) => `userId=a&limit=${limit}`),
  ...TIMES.map((asOf) => `userId=a&asOf=${asOf}`),
  ...STRANGE_NAMES.map((name) => `userId=a&${name}=1`),
  ...BAD_IDS.map((id) => `userId=${id}`),
]

/** Feeds that nobody can be given; and feeds of users with strange ids, who can. */
export const feedCases = (): readonly RequestCase[] => [
  ...BAD_QUERIES.map((query) => ask('GET', `/v1/feed?${query}`, BAD_REQUEST)),
  ...HOSTILE_IDS.map((id) => ask('GET', `/v1/feed?userId=${encoded(id)}&limit=100`, OK)),
]
