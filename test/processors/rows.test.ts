import { expect, test } from 'vitest'
import type { StateLayout } from '../../engine/processor.ts'
import { rowReader, stateOf } from '../../processors/rows.ts'

const layout: StateLayout<{ count: number }> = {
  version: 2,
  create: () => ({ count: 0 }),
  read: (reader) => ({ count: reader.u16() }),
  write(state, writer) {
    writer.u16(state.count)
    return true
  },
  migrations: { 1: (reader) => ({ count: reader.u8() }) },
}

test('a row of this version is read past its version byte', () => {
  expect(rowReader(layout, Buffer.from([2, 7, 1])).u16()).toBe(263)
  expect(stateOf(layout, Buffer.from([2, 7, 1]))).toEqual({ count: 263 })
})

test('a row of an older version is migrated', () => {
  expect(stateOf(layout, Buffer.from([1, 7]))).toEqual({ count: 7 })
})

test('a row of an unknown version is refused', () => {
  expect(() => stateOf(layout, Buffer.from([3, 7]))).toThrow('STATE_VERSION: a row of version 3')
})
