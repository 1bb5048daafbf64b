import { expect, test } from 'vitest'
import { titleTagger } from '../../../cli/import/title-tags.ts'

const tagger = titleTagger([
  'new-zealand',
  'zealand',
  'air-new-zealand',
  'visas',
  'can',
  'usa',
  'c++',
  'são-paulo',
  'a-b',
])

test.each([
  ['Flying Air New Zealand to New Zealand', ['air-new-zealand', 'new-zealand']],
  ['Zealand ferries', ['zealand']],
  ['New-Zealand: visas?', ['new-zealand', 'visas']],
  ['Can I get visas in the usa', ['visas']],
  ['CAN to USA', ['can', 'usa']],
  ['Is it C++ or c?', []],
  ['Buses in São Paulo', ['são-paulo']],
  ['visas, visas and visas', ['visas']],
  ['Zealander visa', []],
  ['', []],
])('in "%s" stand %o', (title, tags) => {
  expect(tagger(title)).toEqual(tags)
})

test('of many tags the five longest are kept, in the order of the title', () => {
  const names = ['one-two', 'three', 'four', 'five', 'sixsix', 'seven-eight', 'nine']
  expect(titleTagger(names)('nine three one two four seven eight five sixsix')).toEqual([
    'nine',
    'three',
    'one-two',
    'four',
    'seven-eight',
  ])
})
