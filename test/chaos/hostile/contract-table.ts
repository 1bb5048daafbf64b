/**
 * What the public contracts take, written a second time and by hand, from schemas/README.md: an oracle that
 * shares no code with schemas/. Each field's test says whether the JSON value is right.
 */
type Test = (json: unknown) => boolean

interface FieldTable {
  readonly [field: string]: Test
}

const ID_BYTES_MAX = 64
const CONTROL = /\p{Cc}/u

const id: Test = (json) =>
  typeof json === 'string' &&
  json.isWellFormed() &&
  !CONTROL.test(json) &&
  json !== '' &&
  Buffer.byteLength(json) <= ID_BYTES_MAX

const words =
  (...known: readonly string[]): Test =>
  (json) =>
    typeof json === 'string' && known.includes(json)

const text =
  (charactersMax: number): Test =>
  (json) =>
    typeof json === 'string' && json.length <= charactersMax && json.isWellFormed()

const number =
  (min: number, max: number): Test =>
  (json) =>
    typeof json === 'number' && json >= min && json <= max

const integer =
  (min: number, max: number): Test =>
  (json) =>
    Number.isInteger(json) && number(min, max)(json)

const float: Test = (json) => typeof json === 'number' && Number.isFinite(Math.fround(json))

const list =
  (item: Test, lengthMax: number): Test =>
  (json) =>
    Array.isArray(json) && json.length <= lengthMax && json.every(item)

const map =
  (value: Test, entriesMax: number): Test =>
  (json) =>
    isRecord(json) &&
    Object.keys(json).length <= entriesMax &&
    Object.entries(json).every(([key, entry]) => key !== '__proto__' && id(key) && value(entry))

const pattern =
  (form: RegExp): Test =>
  (json) =>
    typeof json === 'string' && form.test(json)

const normalised = (raw: string): string =>
  raw.replace(/^#+/, '').normalize('NFC').toLowerCase().normalize('NFC')
const hashtag: Test = (json) => {
  if (typeof json !== 'string') return false
  const once = normalised(json)
  return id(once) && normalised(once) === once
}

const country = pattern(/^[A-Za-z]{2}$/)
const language = pattern(/^(?=.{2,35}$)[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/)

/** May be left out, but not null. */
const absentOr =
  (test: Test): Test =>
  (json) =>
    json === undefined || test(json)

const optional = (test: Test): Test => absentOr((json) => json === null || test(json))

/** 2000-01-01 to 2100-01-01. */
export const TIME_MIN = 946_684_800_000
export const TIME_MAX = 4_102_444_800_000
const at = integer(TIME_MIN, TIME_MAX)

const DAY_MS = 86_400_000
const REACTIONS =
  'view click dwell watch like comment share save profile_click follow_author connect_request hide see_less report ' +
  'block_author skip'

const TABLE: Readonly<Record<string, FieldTable>> = {
  posts: {
    eventId: id,
    postId: id,
    authorId: id,
    action: words('published', 'edited', 'deleted'),
    kind: words('text', 'photo', 'video', 'link'),
    audience: words('public', 'friends', 'group', 'page'),
    containerId: optional(id),
    text: optional(text(10_000)),
    language: optional(language),
    hashtags: absentOr(list(hashtag, 32)),
    mentions: absentOr(list(id, 64)),
    contentEmbedding: optional(list(float, 1_024)),
    at,
  },
  reactions: {
    eventId: id,
    userId: optional(id),
    postId: id,
    authorId: id,
    kind: words(...REACTIONS.split(' ')),
    undo: absentOr((json) => typeof json === 'boolean'),
    value: optional(number(0, DAY_MS)),
    commentId: optional(id),
    requestId: optional(id),
    surface: optional(id),
    at,
  },
  connections: {
    eventId: id,
    userId: id,
    targetId: id,
    kind: words('friend', 'follow', 'group', 'page', 'block', 'mute'),
    closeness: absentOr(words('none', 'close', 'family')),
    action: words('added', 'removed'),
    at,
  },
  profiles: {
    eventId: id,
    userId: id,
    country: optional(country),
    language: optional(language),
    birthYear: optional(integer(1_900, 2_100)),
    gender: optional(id),
    interests: absentOr(list(id, 64)),
    at,
  },
  integrity: {
    eventId: id,
    postId: id,
    verdict: words('allow', 'downrank', 'remove'),
    scores: absentOr(map(number(0, 1), 64)),
    at,
  },
  surveys: {
    eventId: id,
    userId: id,
    postId: optional(id),
    requestId: optional(id),
    satisfaction: integer(1, 5),
    at,
  },
  erasures: { eventId: id, userId: id, at },
}

const UNDOABLE = 'like comment share save follow_author connect_request hide see_less report block_author'

/** What fields must be to each other. */
const TOGETHER: Readonly<Record<string, (field: (name: string) => unknown) => boolean>> = {
  reactions: (field) => {
    const kind = String(field('kind'))
    const isTimed = kind === 'dwell' || kind === 'watch'
    const isUndo = field('undo') === true
    return isTimed === (typeof field('value') === 'number') && (!isUndo || UNDOABLE.split(' ').includes(kind))
  },
  connections: (field) => field('userId') !== field('targetId'),
}

export const PUBLIC_TOPICS: readonly string[] = Object.keys(TABLE)

/** The fields of a topic, in the contract's order. */
export const fieldsOf = (topic: string): readonly string[] => Object.keys(TABLE[topic] ?? {})

const isRecord = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

const own = (json: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(json, name) ? json[name] : undefined

/** The topic and time of an envelope that keeps its contract; null for one that does not. */
export const openRight = (json: unknown): { readonly topic: string; readonly at: number } | null => {
  if (!isRecord(json) || Object.keys(json).toSorted().join() !== 'topic,value') return null
  const { topic, value } = json
  if (typeof topic !== 'string' || !Object.hasOwn(TABLE, topic) || !isRecord(value)) return null
  const fields = TABLE[topic]!
  if (Object.keys(value).some((name) => !Object.hasOwn(fields, name))) return null
  const isRight =
    Object.entries(fields).every(([name, test]) => test(own(value, name))) &&
    (TOGETHER[topic]?.((name) => own(value, name)) ?? true)
  return isRight ? { topic, at: Number(own(value, 'at')) } : null
}
