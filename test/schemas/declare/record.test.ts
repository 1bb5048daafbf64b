import { describe, expect, expectTypeOf, it } from 'vitest'
import { list, oneOf } from '../../../schemas/declare/composites.ts'
import { UnknownField } from '../../../schemas/declare/kind.ts'
import type { ValueOf } from '../../../schemas/declare/kind.ts'
import { boolean } from '../../../schemas/declare/numbers.ts'
import { defaulted, field, listOrEmpty, optional, record } from '../../../schemas/declare/record.ts'
import { id, label } from '../../../schemas/declare/text.ts'
import type { UserId } from '../../../schemas/ids.ts'

const part = record('Part', 'A part.', { name: field(label(), 'Its name.') })
const whole = record('Whole', 'A whole.', {
  userId: field(id<UserId>(), 'Whose it is.'),
  colour: optional(oneOf('Colour', ['red', 'green']), 'Its colour.'),
  old: defaulted(boolean(), false, 'Whether it is old.'),
  parts: listOrEmpty(list(part, 2), 'Its parts.'),
})

describe('a declaration', () => {
  it('gives the type of its values', () => {
    expectTypeOf<ValueOf<typeof whole>>().toEqualTypeOf<{
      readonly userId: UserId
      readonly colour: 'red' | 'green' | null
      readonly old: boolean
      readonly parts: readonly { readonly name: string }[]
    }>()
  })

  it('gives the Avro schema with docs and defaults', () => {
    expect(whole.avro(new Set())).toEqual({
      type: 'record',
      name: 'Whole',
      namespace: 'freshet',
      doc: 'A whole.',
      fields: [
        { name: 'userId', type: 'string', doc: 'Whose it is.' },
        {
          name: 'colour',
          type: ['null', { type: 'enum', name: 'Colour', symbols: ['red', 'green'] }],
          default: null,
          doc: 'Its colour.',
        },
        { name: 'old', type: 'boolean', default: false, doc: 'Whether it is old.' },
        {
          name: 'parts',
          type: {
            type: 'array',
            items: {
              type: 'record',
              name: 'Part',
              namespace: 'freshet',
              doc: 'A part.',
              fields: [{ name: 'name', type: 'string', doc: 'Its name.' }],
            },
          },
          default: [],
          doc: 'Its parts.',
        },
      ],
    })
  })

  it('gives a JSON schema that names what is required', () => {
    expect(whole.jsonSchema()).toMatchObject({ required: ['userId'], additionalProperties: false })
  })

  it('fills in what is absent, a new list each time', () => {
    const built = whole.build({ userId: 'ana' }, '') as ValueOf<typeof whole>
    expect(built).toEqual({ userId: 'ana', colour: null, old: false, parts: [] })
    expect((whole.build({ userId: 'ana' }, '') as ValueOf<typeof whole>).parts).not.toBe(built.parts)
  })

  it('takes null for absent only where null is a value', () => {
    expect(whole.explain(whole.build({ userId: 'ana', old: null }, ''), '')).toMatchObject({
      rule: 'WRONG_TYPE',
      path: 'old',
    })
  })

  it('finds unknown and broken fields within', () => {
    const nested = (json: unknown): unknown =>
      whole.build({ userId: 'ana', parts: [{ name: 'a' }, json] }, '')
    expect(() => nested({ name: 'b', size: 1 })).toThrow(UnknownField)
    expect(whole.explain(nested({ name: '' }), '')).toMatchObject({
      rule: 'ID_LENGTH',
      path: 'parts[1].name',
    })
    expect(whole.explain(nested({}), '')).toMatchObject({ rule: 'FIELD_MISSING', path: 'parts[1].name' })
    expect(whole.explain(nested(7), '')).toMatchObject({ rule: 'WRONG_TYPE', path: 'parts[1]' })
  })

  it('refuses field names that are no plain names: they become source', () => {
    expect(() => record('Odd', 'Odd.', { 'a); evil(': field(label(), 'Odd.') })).toThrow(/camel case/)
  })

  it('leaves out of JSON what is null', () => {
    expect(whole.json({ userId: 'ana' as UserId, colour: null, old: true, parts: [] })).toEqual({
      userId: 'ana',
      old: true,
      parts: [],
    })
  })
})
