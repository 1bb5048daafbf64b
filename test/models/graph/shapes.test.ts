import { describe, expect, test } from 'vitest'
import { broadcast, matMulShape, reshaped } from '../../../models/graph/shapes.ts'

describe('broadcasting', () => {
  test('aligns shapes at their ends and stretches ones', () => {
    expect(broadcast('Add', ['rows', 3], [3])).toEqual(['rows', 3])
    expect(broadcast('Add', [2, 1, 4], ['rows', 1])).toEqual([2, 'rows', 4])
    expect(broadcast('Add', [], ['rows'])).toEqual(['rows'])
  })

  test('refuses lengths that differ', () => {
    expect(() => broadcast('Add', ['rows', 3], [4])).toThrow(
      'NETWORK_INVALID: Add does not take [rows, 3] with [4]',
    )
    expect(() => broadcast('Add', ['rows'], [4])).toThrow('NETWORK_INVALID')
  })
})

describe('a matrix product', () => {
  test('is of the outer lengths, with leading dimensions broadcast', () => {
    expect(matMulShape(['rows', 3], [3, 5])).toEqual(['rows', 5])
    expect(matMulShape([2, 'rows', 3], [2, 3, 5])).toEqual([2, 'rows', 5])
    expect(matMulShape(['rows', 3], [2, 3, 5])).toEqual([2, 'rows', 5])
  })

  test('refuses inner lengths that differ', () => {
    expect(() => matMulShape(['rows', 3], [4, 5])).toThrow('NETWORK_INVALID: MatMul')
    expect(() => matMulShape([3], [3, 5])).toThrow('NETWORK_INVALID: MatMul')
  })
})

describe('a new shape', () => {
  test('leaves the length that is known only at run time open', () => {
    expect(reshaped(['rows', 6], ['rows', 2, 3])).toEqual([-1, 2, 3])
    expect(reshaped([6], [2, 3])).toEqual([2, 3])
  })

  test('holds as many elements', () => {
    expect(() => reshaped(['rows', 6], ['rows', 2, 2])).toThrow('NETWORK_INVALID: Reshape')
    expect(() => reshaped(['rows', 6], [6])).toThrow('NETWORK_INVALID: Reshape')
    expect(() => reshaped([6], ['rows', 6])).toThrow('NETWORK_INVALID: Reshape')
  })
})
