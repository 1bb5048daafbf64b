import { describe, expect, it } from 'vitest'
import { posts, POST_ACTIONS } from '../../schemas/posts/index.ts'
import { REACTION_KINDS, reactions } from '../../schemas/reactions/index.ts'
import type { Reaction } from '../../schemas/reactions/index.ts'
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
      } else if (!one.record.rules.some((each) => each.rule === 'FIELD_MISSING' && each.field === name)) {
        expect(one.fromJson(rest)).toHaveProperty(name, field.absent())
      }
    }
  })
})

describe('schema ids', () => {
  // 10.. were of a topic that nothing was ever written to: no other contract takes them.
  it('are the same for ever: publishers have stored them', () => {
    expect(Object.fromEntries(everyContract.map(({ topic, schemaId }) => [topic, schemaId]))).toEqual({
      posts: 101,
      reactions: 201,
      connections: 301,
      profiles: 401,
      integrity: 501,
      surveys: 601,
      erasures: 701,
      impressions: 805,
      examples: 904,
      'dead-letters': 1101,
      'ranking-samples': 1201,
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

describe('enums', () => {
  it('keep the order that bytes depend on', () => {
    expect(REACTION_KINDS.indexOf('like')).toBe(4)
    expect(POST_ACTIONS).toEqual(['published', 'edited', 'deleted'])
  })
})
