import { afterEach, beforeEach, expect, test } from 'vitest'
import { NameTable } from '../../../engine/storage/names.ts'
import { ScratchDisk } from '../../conformance/disk.ts'

let disk: ScratchDisk

beforeEach(async () => {
  disk = await ScratchDisk.make()
})
afterEach(() => disk.dispose())

test('a name has one number for ever, in each column its own', async () => {
  const names = ['a', '', '__proto__', 'ü\0', 'b']
  const first = await disk.open()
  const state = await NameTable.load(first, 'state')
  const log = await NameTable.load(first, 'log')
  expect(names.map((name) => state.number(name))).toEqual([1, 2, 3, 4, 5])
  expect(log.number('b')).toBe(1)
  const again = await NameTable.load(await disk.open(), 'state')
  expect(names.toReversed().map((name) => again.number(name))).toEqual([5, 4, 3, 2, 1])
  expect(again.number('new')).toBe(6)
  expect([...again.names()]).toHaveLength(6)
})

test('more names than a page holds are loaded', async () => {
  const names = Array.from({ length: 5000 }, (_, at) => `name ${at}`)
  const table = await NameTable.load(await disk.open(), 'state')
  const numbers = names.map((name) => table.number(name))
  const again = await NameTable.load(await disk.open(), 'state')
  expect(names.map((name) => again.number(name))).toEqual(numbers)
})
