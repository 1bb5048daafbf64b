import { expect, test } from 'vitest'
import { differencesOf } from './recount.ts'

test('every row that is missing, extra or otherwise is counted, by store', () => {
  const expected = {
    rows: new Map([
      ['post/a', '01'],
      ['post/b', '02'],
      ['user/c', '03'],
    ]),
  }
  const actual = {
    rows: new Map([
      ['post/a', '01'],
      ['post/b', 'ff'],
      ['user/d', '04'],
    ]),
  }
  expect(differencesOf(actual, expected)).toEqual({
    rows: 3,
    rowsMissing: 1,
    rowsExtra: 1,
    rowsDiffering: 1,
    stores: { post: 1, user: 2 },
  })
  expect(differencesOf(expected, expected)).toMatchObject({ rowsMissing: 0, stores: {} })
})
