import { describe, expect, it } from 'vitest'
import { contract } from '../../schemas/contract.ts'
import type { Json } from '../../schemas/declare/kind.ts'
import { optional, record } from '../../schemas/declare/record.ts'
import { label } from '../../schemas/declare/text.ts'
import { posts, POST_ACTIONS } from '../../schemas/posts/index.ts'
import { REACTION_KINDS, reactions, reactionV1 } from '../../schemas/reactions/index.ts'
import type { Reaction } from '../../schemas/reactions/index.ts'
import type { SchemaSource } from '../../schemas/registry.ts'
import { encode, everyContract, examplesOf, refusal } from './support.ts'

const reaction = reactions.fromJson(examplesOf('reactions')[0])

describe.each(everyContract)('$topic', (one) => {
  const values = examplesOf(one.topic).map((json) => one.fromJson(json))

  it('has several examples, and each survives bytes and JSON unchanged', () => {
    expect(values.length).toBeGreaterThan(0)
    for (const value of values) {
      const bytes = encode(one, value)
      expect(one.decode(bytes, 0, bytes.length)).toEqual(value)
      expect(one.fromJson(JSON.parse(JSON.stringify(one.toJson(value))))).toEqual(value)
    }
  })

  it('gives every example a key, a time and, when public, an identity', () => {
    for (const value of values) {
      expect(one.keyOf(value)).not.toBe('')
      expect(one.timeOf(value)).toBeGreaterThan(0)
      expect(one.eventIdOf?.(value) === undefined).toBe(one.visibility === 'internal')
    }
  })

  it('refuses an example that lacks any one required field, by its name', () => {
    for (const [name, field] of one.record.fields) {
      const { [name]: _, ...rest } = examplesOf(one.topic)[0]!
      if (field.absent === undefined) {
        expect(refusal(() => one.fromJson(rest))).toMatchObject({ rule: 'FIELD_MISSING', field: name })
      } else {
        expect(one.fromJson(rest)).toHaveProperty(name, field.absent())
      }
    }
  })
})

describe('schema ids', () => {
  it('are the same for ever: publishers have stored them', () => {
    expect(Object.fromEntries(everyContract.map(({ topic, schemaId }) => [topic, schemaId]))).toEqual({
      posts: 101,
      reactions: 201,
      connections: 301,
      profiles: 401,
      integrity: 501,
      surveys: 601,
      erasures: 701,
      impressions: 801,
      examples: 901,
      snapshots: 1001,
      'dead-letters': 1101,
    })
  })
})

describe('reading JSON', () => {
  const json = examplesOf('reactions')[0]!

  it('makes values of one shape, whatever was left out and in whatever order', () => {
    const names = Object.keys(reaction)
    const reversed = Object.fromEntries(Object.entries(json).toReversed())
    expect(Object.keys(reactions.fromJson(reversed))).toEqual(names)
    const bytes = encode(reactions, reaction)
    expect(Object.keys(reactions.decode(bytes, 0, bytes.length))).toEqual(names)
  })

  it('refuses a field that the contract has not, by its name', () => {
    expect(refusal(() => reactions.fromJson({ ...json, colour: 1 }))).toMatchObject({
      rule: 'FIELD_UNKNOWN',
      code: 'CONTRACT_BROKEN',
      topic: 'reactions',
      field: 'colour',
    })
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('refuses a field named %s', (name) => {
    const hostile: unknown = JSON.parse(JSON.stringify(json).replace('{', `{"${name}":{"undo":true},`))
    expect(refusal(() => reactions.fromJson(hostile))).toMatchObject({ rule: 'FIELD_UNKNOWN', field: name })
    expect(({} as Record<string, unknown>)['undo']).toBeUndefined()
  })

  it('names the field and the rule, and says what to do', () => {
    expect(refusal(() => reactions.fromJson({ ...json, at: 1_717_243_200 })).message).toBe(
      'OUT_OF_RANGE at reactions.at: The number lies outside its range. Expected integer milliseconds since 1970 ' +
        'between 2000-01-01 and 2100-01-01, got 1717243200. Check the unit and send a number within the range.',
    )
  })

  it.each([null, [], 'text', 7, true, undefined, Buffer.from('{}')])(
    'refuses %j in place of an object',
    (value) => {
      expect(refusal(() => reactions.fromJson(value))).toMatchObject({ field: null })
    },
  )

  it('takes a reaction of someone unknown and keys it by the post', () => {
    const anonymous = reactions.fromJson({ ...json, userId: null })
    expect(anonymous.userId).toBeNull()
    expect(reactions.keyOf(anonymous)).toBe(reaction.postId)
    expect(reactions.keyOf(reaction)).toBe(reaction.userId)
  })

  it('normalises hashtags', () => {
    const post = posts.fromJson({ ...examplesOf('posts')[0], hashtags: ['#Größe', '##CATS', 'e\u0301te'] })
    expect(post.hashtags).toEqual(['größe', 'cats', '\u00e9te'])
  })
})

describe('checking a value', () => {
  it('finds what a processor got wrong', () => {
    const at = Number.NaN as Reaction['at']
    expect(refusal(() => reactions.check({ ...reaction, at }))).toMatchObject({
      rule: 'NOT_FINITE',
      field: 'at',
    })
  })

  it('names the place within a list', () => {
    const post = posts.fromJson({ ...examplesOf('posts')[0], mentions: ['ana', 'bruno'] })
    const mentions = ['ana', ''] as unknown as typeof post.mentions
    expect(refusal(() => posts.check({ ...post, mentions }))).toMatchObject({ field: 'mentions[1]' })
  })
})

describe('frames', () => {
  const bytes = encode(reactions, reaction)

  it('begin with a zero byte and the schema id, big endian', () => {
    expect(bytes[0]).toBe(0)
    expect(bytes.readUInt32BE(1)).toBe(201)
  })

  it('are read in the middle of a buffer, and written there', () => {
    const buffer = Buffer.alloc(400, 0xff)
    const end = reactions.encodeInto(reaction, buffer, 100)
    expect(end).toBe(100 + bytes.length)
    expect(buffer[99]).toBe(0xff)
    expect(buffer[end]).toBe(0xff)
    expect(reactions.decode(buffer, 100, end)).toEqual(reaction)
  })

  it('answer how many bytes are missing when the buffer is too short, however short', () => {
    for (let size = 0; size < bytes.length; size++) {
      expect(reactions.encodeInto(reaction, Buffer.alloc(size), 0)).toBe(size - bytes.length)
    }
    expect(reactions.encodeInto(reaction, Buffer.alloc(bytes.length), 0)).toBe(bytes.length)
  })

  it('are refused when cut anywhere, even with other bytes behind the cut', () => {
    const followed = Buffer.concat([bytes, bytes])
    for (let end = 0; end < bytes.length; end++) {
      expect(refusal(() => reactions.decode(followed, 0, end)).code).toBe('DECODE_FAILED')
    }
  })

  it('are refused with bytes behind the record', () => {
    const longer = Buffer.concat([bytes, Buffer.alloc(2)])
    expect(refusal(() => reactions.decode(longer, 0, longer.length)).rule).toBe('BYTES_TRAILING')
  })

  it('are refused with another magic byte or an id that nobody knows', () => {
    const other = Buffer.from(bytes)
    other[0] = 1
    expect(refusal(() => reactions.decode(other, 0, other.length)).rule).toBe('FRAME_BROKEN')
    other[0] = 0
    other.writeUInt32BE(0xffff_ffff, 1)
    expect(refusal(() => reactions.decode(other, 0, other.length)).rule).toBe('SCHEMA_UNKNOWN')
  })

  it('refuse to encode what is not even of the right types, naming the field', () => {
    const broken = { ...reaction, kind: 'applause' } as unknown as Reaction
    expect(refusal(() => reactions.encodeInto(broken, Buffer.alloc(200), 0))).toMatchObject({
      rule: 'NOT_IN_ENUM',
      field: 'kind',
    })
  })
})

const secondVersion = record('Reaction', 'With the client that sent it.', {
  ...Object.fromEntries(reactionV1.fields),
  client: optional(label(), 'The client that sent it.'),
})
type Second = Reaction & { readonly client: string | null }

const evolved = contract<Second>({
  topic: 'reactions',
  about: 'A test-only second version.',
  visibility: 'public',
  ordinal: 2,
  keyAbout: 'userId',
  keyOf: reactions.keyOf,
  timeOf: reactions.timeOf,
  newest: { version: 2, record: secondVersion },
  older: [{ version: 1, record: reactionV1 }],
})

/** A registry that knows given schemas by given ids, as a remote one would. */
const registry = (own: number, schemas: Readonly<Record<number, Json>>): SchemaSource => ({
  idOf: () => own,
  find: (schemaId) => schemas[schemaId],
  load: async (schemaId) => schemaId in schemas,
})

describe('evolution', () => {
  it('reads what the first version wrote, with the default for what was added', () => {
    const bytes = encode(reactions, reaction)
    expect(evolved.schemaId).toBe(202)
    expect(evolved.decode(bytes, 0, bytes.length)).toEqual({ ...reaction, client: null })
  })

  it('lets readers of the first version read what the second writes', () => {
    const bytes = encode(evolved, { ...reaction, client: 'web-9' })
    const informed = reactions.over(registry(201, { 202: evolved.schema }))
    expect(informed.decode(bytes, 0, bytes.length)).toEqual(reaction)
  })

  it('holds records of older versions to the rules as well', () => {
    const bytes = encode(reactions, { ...reaction, at: 7 as Reaction['at'] })
    expect(refusal(() => evolved.decode(bytes, 0, bytes.length))).toMatchObject({
      rule: 'OUT_OF_RANGE',
      field: 'at',
    })
  })

  it("reads a publisher's own schema: other order, other union order, optional fields left out", () => {
    const theirs: Json = {
      type: 'record',
      name: 'Reaction',
      namespace: 'freshet',
      fields: [
        { name: 'at', type: 'long' },
        { name: 'userId', type: ['string', 'null'] },
        { name: 'kind', type: { type: 'enum', name: 'ReactionKind', symbols: ['like', 'share'] } },
        { name: 'postId', type: 'string' },
        { name: 'authorId', type: 'string' },
        { name: 'eventId', type: 'string' },
      ],
    }
    const body = [zigzag(1_717_243_200_000n), Buffer.from([0]), text('bruno'), Buffer.from([2])]
    const bytes = Buffer.concat([Buffer.from([0, 0, 0, 0, 9]), ...body, text('p'), text('a'), text('e')])
    const read = reactions.over(registry(5, { 9: theirs })).decode(bytes, 0, bytes.length)
    expect(read).toEqual(
      reactions.fromJson({
        eventId: 'e',
        userId: 'bruno',
        postId: 'p',
        authorId: 'a',
        kind: 'share',
        at: 1_717_243_200_000,
      }),
    )
  })

  it('writes the id that the registry gave', () => {
    expect(encode(reactions.over(registry(77_000, {})), reaction).readUInt32BE(1)).toBe(77_000)
  })

  it('refuses a schema of another contract', () => {
    const bytes = encode(posts, posts.fromJson(examplesOf('posts')[0]))
    const informed = reactions.over(registry(201, { 101: posts.schema }))
    expect(refusal(() => informed.decode(bytes, 0, bytes.length)).rule).toBe('SCHEMA_INCOMPATIBLE')
  })

  it('refuses a schema that is none, and one whose removed field sends the reader back', () => {
    const looping: Json = {
      ...(reactions.schema as Readonly<Record<string, Json>>),
      fields: [{ name: 'gone', type: { type: 'array', items: 'string' } }, ...fieldsOf(reactions.schema)],
    }
    const informed = reactions.over(registry(201, { 8: 'nonsense', 9: looping }))
    const nonsense = Buffer.from([0, 0, 0, 0, 8, 1])
    expect(refusal(() => informed.decode(nonsense, 0, nonsense.length)).rule).toBe('SCHEMA_INCOMPATIBLE')
    const back = Buffer.concat([Buffer.from([0, 0, 0, 0, 9]), zigzag(-1n), zigzag(-2n), Buffer.alloc(40)])
    expect(refusal(() => informed.decode(back, 0, back.length)).code).toBe('DECODE_FAILED')
  })

  it('refuses to be declared with a gap in its versions', () => {
    const declaration = {
      topic: 'reactions',
      about: 'A gap.',
      visibility: 'public' as const,
      ordinal: 2,
      keyAbout: 'userId',
      keyOf: reactions.keyOf,
      timeOf: reactions.timeOf,
    }
    expect(() => contract({ ...declaration, newest: { version: 3, record: reactionV1 } })).toThrow(
      /versions of reactions/,
    )
  })
})

const fieldsOf = (schema: Json): readonly Json[] => (schema as { fields: readonly Json[] }).fields

const zigzag = (value: bigint): Buffer => {
  const bytes: number[] = []
  let rest = value < 0n ? -value * 2n - 1n : value * 2n
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(rest)])
}

const text = (value: string): Buffer => Buffer.concat([zigzag(BigInt(value.length)), Buffer.from(value)])

describe('enums', () => {
  it('keep the order that bytes depend on', () => {
    expect(REACTION_KINDS.indexOf('like')).toBe(4)
    expect(POST_ACTIONS).toEqual(['published', 'edited', 'deleted'])
  })
})
