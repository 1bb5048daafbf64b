import avsc from 'avsc'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compare } from '../../schemas/compatibility.ts'
import type { Json } from '../../schemas/declare/kind.ts'
import { everyContract } from './support.ts'

describe.each(everyContract)('$topic', ({ schemas }) => {
  it('has versions that can all read each other', () => {
    schemas.forEach((older, index) => {
      for (const newer of schemas.slice(index))
        expect(compare(older, newer)).toEqual({ backward: [], forward: [] })
    })
  })
})

const event = (...fields: readonly Json[]): Json => ({ type: 'record', name: 'Event', fields })
const id: Json = { name: 'id', type: 'string' }
const kindOf = (...symbols: readonly string[]): Json => ({
  name: 'kind',
  type: { type: 'enum', name: 'Kind', symbols },
})

const count = (type: string): Json => event({ name: 'count', type })
const inner = (type: string): Json => ({ type: 'record', name: 'Inner', fields: [{ name: 'x', type }] })
const nested = (type: string): Json =>
  event(
    { name: 'list', type: { type: 'array', items: inner(type) } },
    { name: 'map', type: { type: 'map', values: 'Inner' } },
  )

describe('a breaking change is found and named', () => {
  it('takes a field added with a default, and its removal', () => {
    const note: Json = { name: 'note', type: ['null', 'string'], default: null }
    expect(compare(event(id), event(id, note))).toEqual({ backward: [], forward: [] })
    expect(compare(event(id, note), event(id))).toEqual({ backward: [], forward: [] })
  })

  it('refuses a field added without a default', () => {
    expect(compare(event(id), event(id, { name: 'note', type: 'string' })).backward).toEqual([
      'field note was added without a default: give it one, or make it optional',
    ])
  })

  it('refuses the removal of a field without a default', () => {
    expect(compare(event(id, { name: 'note', type: 'string' }), event(id)).forward).toEqual([
      'field note was removed, and the older version has no default for it: keep it',
    ])
  })

  it('refuses another type, either way', () => {
    const found = compare(event(id), event({ name: 'id', type: 'long' }))
    expect(found.backward).toEqual(['id: the type changed (string cannot be read as long): keep it'])
    expect(found.forward).toEqual(['id: the type changed (long cannot be read as string): keep it'])
  })

  it('refuses a wider number for old readers only', () => {
    expect(compare(count('int'), count('long')).backward).toEqual([])
    expect(compare(count('int'), count('long')).forward).toHaveLength(1)
  })

  it('refuses a symbol removed from an enum, and one that old readers do not know', () => {
    expect(compare(event(kindOf('like', 'share')), event(kindOf('like'))).backward).toEqual([
      'kind: symbol share was removed, but older records hold it: keep it',
    ])
    expect(compare(event(kindOf('like')), event(kindOf('like', 'share'))).forward).toEqual([
      'kind: symbol share was added, which older readers refuse: add a field for it, or start a new topic',
    ])
  })

  it('refuses a field that may no longer be null, and one that newly may', () => {
    const maybe = event({ name: 'id', type: ['null', 'string'] })
    expect(compare(maybe, event(id)).backward).toEqual([
      'id: null was allowed and is no more: keep it in the union',
    ])
    expect(compare(event(id), maybe).forward).toEqual([
      'id: null is newly allowed, which older readers refuse: add a field for it',
    ])
  })

  it('looks into lists, maps, nested records and names used again', () => {
    expect(compare(nested('int'), nested('string')).backward).toEqual([
      'list[].x: the type changed (int cannot be read as string): keep it',
      'map[].x: the type changed (int cannot be read as string): keep it',
    ])
  })

  it('refuses another name', () => {
    expect(compare(event(id), { type: 'record', name: 'Act', fields: [id] }).backward).toEqual([
      'the record: the name changed (Event is not Act): keep it',
    ])
  })
})

const primitive = fc.constantFrom('int', 'long', 'float', 'double', 'string', 'bytes', 'boolean')
const fieldType = fc.oneof(
  primitive,
  primitive.map((type) => ['null', type]),
  primitive.map((items) => ({ type: 'array', items })),
  primitive.map((values) => ({ type: 'map', values })),
  fc.subarray(['a', 'b', 'c'], { minLength: 1 }).map((symbols) => ({ type: 'enum', symbols })),
)
const schema = fc.array(fc.tuple(fieldType, fc.boolean()), { minLength: 1, maxLength: 3 }).map((fields) =>
  event(
    ...fields.map(([type, present], index): Json => {
      const named = typeof type === 'object' && 'symbols' in type ? { ...type, name: `E${index}` } : type
      const nullable = Array.isArray(type)
      return { name: `f${present ? index : index + 3}`, type: named, ...(nullable ? { default: null } : {}) }
    }),
  ),
)

const type = (json: Json): avsc.Type => avsc.Type.forSchema(json as avsc.Schema, { wrapUnions: 'never' })
const resolves = (writer: Json, reader: Json): boolean => {
  try {
    type(reader).createResolver(type(writer))
    return true
  } catch {
    return false
  }
}

describe('the check', () => {
  it('agrees with what a real reader makes of the two schemas', () => {
    fc.assert(
      fc.property(schema, schema, (older, newer) => {
        const found = compare(older, newer)
        expect(found.backward.length === 0).toBe(resolves(older, newer))
        expect(found.forward.length === 0).toBe(resolves(newer, older))
      }),
      { numRuns: 2_000 },
    )
  })
})
