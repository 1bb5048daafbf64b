import { expect, test } from 'vitest'
import { RowLayout } from '../../../models/row/row-layout.ts'
import { linear, type RowColumn } from '../../../models/row/transform.ts'

const column = (name: string): RowColumn => ({ name, unit: 'flag', about: 'Tests.', transform: linear })
const row = (...names: string[]): RowLayout => new RowLayout('test', names.map(column))

test('a row says where its columns lie', () => {
  const abc = row('a', 'b', 'c')
  expect(['a', 'b', 'c'].map((name) => abc.indexOf(name))).toEqual([0, 1, 2])
  expect(abc.width).toBe(3)
  expect(abc.has('c')).toBe(true)
  expect(abc.has('d')).toBe(false)
  expect(() => abc.indexOf('d')).toThrow('ROW_INVALID: row test has no column d')
})

test('its hash follows from names and order alone', () => {
  expect(row('a', 'b').hash).toBe(row('a', 'b').hash)
  expect(row('a', 'b').hash).not.toBe(row('b', 'a').hash)
  expect(row('a', 'b').hash).not.toBe(row('a', 'b', 'c').hash)
})

test('two columns of one name are refused', () => {
  expect(() => row('a', 'b', 'a')).toThrow('ROW_INVALID: two columns of row test are called a')
})

test('a selection keeps the order it is given', () => {
  const picked = row('a', 'b', 'c').select('short', ['c', 'a'])
  expect(picked.columns.map(({ name }) => name)).toEqual(['c', 'a'])
  expect(() => row('a').select('short', ['x'])).toThrow('ROW_INVALID')
})
