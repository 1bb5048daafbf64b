import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { connections } from '../../schemas/connections/index.ts'
import { readEnvelope } from '../../schemas/envelope.ts'
import { impressions } from '../../schemas/impressions/index.ts'
import { integrity } from '../../schemas/integrity/index.ts'
import { posts } from '../../schemas/posts/index.ts'
import { reactions } from '../../schemas/reactions/index.ts'
import { CONTRACT_RULES, ContractError, errorCodeOf, show } from '../../schemas/rules.ts'
import type { ContractRule } from '../../schemas/rules.ts'
import { encode, examplesOf, refusal } from './support.ts'

const reaction = examplesOf('reactions')[0]!
const connection = examplesOf('connections')[0]!
const post = examplesOf('posts')[0]!
const judgement = examplesOf('integrity')[0]!
const impression = examplesOf('impressions')[1]!
const bytes = encode(reactions, reactions.fromJson(reaction))

const line = (text: string | Buffer) => () => readEnvelope(Buffer.from(text))
const ofReaction = (fields: object) => () => reactions.fromJson({ ...reaction, ...fields })
const ofPost = (fields: object) => () => posts.fromJson({ ...post, ...fields })
const decoded = (frame: Buffer) => () => reactions.decode(frame, 0, frame.length)
const withSchema = (schemaId: number): Buffer =>
  Buffer.concat([Buffer.from([0, 0, 0, 0, schemaId]), bytes.subarray(5)])

const candidate = { postId: 'p', authorId: 'a', position: 0, score: 0, propensity: 1 }

/** One way to break each rule; the type asks for every rule of the table. */
const broken: Readonly<Record<ContractRule, () => unknown>> = {
  NOT_JSON: line('{'),
  NOT_UTF8: line(Buffer.from([0xff])),
  TOO_LARGE: line(Buffer.alloc(2 ** 20 + 1)),
  TOO_DEEP: line('['.repeat(33)),
  ENVELOPE: line('[]'),
  UNKNOWN_TOPIC: line('{"topic":"likes","value":{}}'),
  FIELD_MISSING: ofReaction({ postId: undefined }),
  FIELD_UNKNOWN: ofReaction({ post: 1 }),
  WRONG_TYPE: ofReaction({ undo: 'yes' }),
  ID_LENGTH: ofReaction({ postId: '' }),
  ID_CHARACTERS: ofReaction({ postId: 'a\nb' }),
  NOT_IN_ENUM: ofReaction({ kind: 'applause' }),
  OUT_OF_RANGE: ofReaction({ value: -1 }),
  NOT_INTEGER: ofReaction({ at: 1_717_243_200_000.5 }),
  NOT_FINITE: ofReaction({ value: Number.NaN }),
  TEXT_TOO_LONG: ofPost({ text: 'x'.repeat(10_001) }),
  TEXT_BROKEN: ofPost({ text: '\udfff' }),
  WRONG_FORM: ofPost({ language: 'English!' }),
  LIST_TOO_LONG: ofPost({ mentions: Array.from({ length: 65 }, () => 'ana') }),
  BYTES_TOO_LONG: () =>
    impressions.fromJson({
      ...impression,
      candidates: [{ ...candidate, features: Buffer.alloc(16_386).toString('base64') }],
    }),
  NAME_RESERVED: () => integrity.fromJson({ ...judgement, scores: JSON.parse('{"__proto__":1}') as unknown }),
  FIELD_UNEXPECTED: ofReaction({ kind: 'like' }),
  IDS_EQUAL: () => connections.fromJson({ ...connection, targetId: connection['userId'] }),
  NOT_UNDOABLE: ofReaction({ undo: true }),
  FRAME_BROKEN: decoded(Buffer.from('{}')),
  SCHEMA_UNKNOWN: decoded(withSchema(9)),
  SCHEMA_INCOMPATIBLE: () => {
    const source = { idOf: () => 201, find: () => posts.schema, load: async () => true }
    return reactions.over(source).decode(withSchema(101), 0, bytes.length)
  },
  BYTES_BROKEN: decoded(bytes.subarray(0, 20)),
  BYTES_TRAILING: decoded(Buffer.concat([bytes, bytes])),
}

describe('the table of rules', () => {
  it.each(Object.keys(CONTRACT_RULES) as ContractRule[])(
    '%s can be broken, and the error says what to do',
    (rule) => {
      const error = refusal(broken[rule])
      expect(error).toBeInstanceOf(ContractError)
      expect(error.rule).toBe(rule)
      expect(error.code).toBe(errorCodeOf(rule))
      expect(error.message).toContain(CONTRACT_RULES[rule].about)
      expect(error.message).toContain(CONTRACT_RULES[rule].action)
    },
  )

  it('is the one in the docs, neither more nor less', () => {
    const docs = readFileSync(new URL('../../schemas/README.md', import.meta.url), 'utf8')
    const documented = [...docs.matchAll(/^\| `([A-Z_0-9]+)` /gm)].map(([, rule]) => rule)
    expect(documented).toEqual(Object.keys(CONTRACT_RULES))
  })

  it('is written in sentences', () => {
    for (const { about, action } of Object.values(CONTRACT_RULES)) {
      expect(about).toMatch(/^[A-Z].*\.$/)
      expect(action).toMatch(/^[A-Z].*\.$/)
    }
  })
})

describe('a message', () => {
  it('shows a value short and on one line, whatever it is', () => {
    expect(show('a\nb')).toBe('"a\\nb"')
    expect(show('x'.repeat(1_000_000)).length).toBeLessThan(50)
    expect(show('\ud800')).toBe('"\ufffd"')
    expect([show(null), show(undefined), show(1n), show(Number.NaN)]).toEqual([
      'null',
      'undefined',
      '1',
      'NaN',
    ])
    expect(show([1, 2])).toBe('a list of 2')
    expect(show({ toString: () => 'hostile' })).toBe('a value of type object')
    expect(show(Symbol('s'))).toBe('a value of type symbol')
  })

  it('is short even where the field name is not', () => {
    const error = refusal(ofReaction({ ['x\n'.repeat(500_000)]: 1 }))
    expect(error.message.length).toBeLessThan(600)
    expect(error.message).not.toContain('\n')
  })
})
