import { expect, test } from 'vitest'
import { rankingRow } from '../../../models/ranking-row.ts'
import { candidateOf } from '../../../serving/candidate.ts'
import { writeContext } from '../../../serving/rows/context-row.ts'
import { ViewerDraft } from '../../../serving/viewer-draft.ts'
import { anEntry, userId } from '../../processors/events.ts'
import { aQuery } from '../feeds.ts'

const BESIDE = { authorFollowers: 0, authorCountry: null, ownThread: false }

const languageMatch = (written: string | null, read: string | null): number => {
  const viewer = new ViewerDraft(userId('user-1'))
  viewer.profile = { country: null, language: read, birthYear: null, gender: null, interests: [] }
  const row = new Float32Array(rankingRow.width)
  const candidate = candidateOf({ ...anEntry(), language: written }, 'friend')
  writeContext(candidate, { query: aQuery(), viewer }, BESIDE, row, 0)
  return row[rankingRow.indexOf('context.language_match')]!
}

test('a post is in the language of the viewer wherever either is spoken', () => {
  expect(languageMatch('en', 'en')).toBe(1)
  expect(languageMatch('en', 'en-us')).toBe(1)
  expect(languageMatch('en-gb', 'en-us')).toBe(1)
  expect(languageMatch('fil', 'fi')).toBe(0)
  expect(languageMatch('de', 'en')).toBe(0)
  expect(languageMatch(null, null)).toBe(0)
  expect(languageMatch(null, 'en')).toBe(0)
})
