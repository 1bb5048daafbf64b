import { describe, expect, it } from 'vitest'
import { contract } from '../../schemas/contract.ts'
import type { Json } from '../../schemas/declare/kind.ts'
import { optional, record } from '../../schemas/declare/record.ts'
import { label } from '../../schemas/declare/text.ts'
import { impressions } from '../../schemas/impressions/index.ts'
import { impressionV1 } from '../../schemas/impressions/v1.ts'
import { posts } from '../../schemas/posts/index.ts'
import { reactions, reactionV1 } from '../../schemas/reactions/index.ts'
import type { Reaction } from '../../schemas/reactions/index.ts'
import type { SchemaSource } from '../../schemas/registry/source.ts'
import { encode, examplesOf, refusal } from './support.ts'

const reaction = reactions.fromJson(examplesOf('reactions')[0])

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

describe('impressions', () => {
  const older = contract({
    topic: 'impressions',
    about: 'The first version alone.',
    visibility: 'internal',
    ordinal: 8,
    keyAbout: 'userId',
    keyOf: ({ userId }) => userId,
    timeOf: ({ at }) => at,
    newest: { version: 1, record: impressionV1 },
  })

  it('of the first version are read as plain floats of a feed without session', () => {
    const bytes = encode(older, older.fromJson(examplesOf('impressions')[0]))
    const read = impressions.decode(bytes, 0, bytes.length)
    expect(read).toMatchObject({ featuresEncoding: 'float32', sessionId: null, carried: [] })
    expect(read.candidates[0]).toMatchObject({ source: 'unknown', heavyRank: -1, heads: [] })
  })

  it('of the newest are read by readers of the first', () => {
    const value = impressions.fromJson(examplesOf('impressions')[2])
    const bytes = encode(impressions, value)
    const informed = older.over(registry(801, { [impressions.schemaId]: impressions.schema }))
    const [first] = informed.decode(bytes, 0, bytes.length).candidates
    expect(first!.features).toEqual(value.candidates[0]!.features)
  })
})
