import { expect, test } from 'vitest'
import { differencesOf } from './recount.ts'

test('every row and record that is missing, extra or otherwise is counted, by store', () => {
  const expected = {
    rows: new Map([
      ['post/a', '01'],
      ['post/b', '02'],
      ['user/c', '03'],
    ]),
    outputs: new Map([
      ['settled 1', 1],
      ['settled 2', 1],
      ['late 3', 1],
    ]),
  }
  const actual = {
    rows: new Map([
      ['post/a', '01'],
      ['post/b', 'ff'],
      ['user/d', '04'],
    ]),
    outputs: new Map([
      ['settled 1', 1],
      ['late 3', 2],
      ['late 4', 3],
    ]),
  }
  expect(differencesOf(actual, expected)).toEqual({
    rows: 3,
    outputs: 3,
    rowsMissing: 1,
    rowsExtra: 1,
    rowsDiffering: 1,
    outputsLost: 1,
    outputsDuplicated: 3,
    stores: { post: 1, user: 2 },
  })
  expect(differencesOf(expected, expected)).toMatchObject({
    stores: {},
    outputsLost: 0,
    outputsDuplicated: 0,
  })
})
