import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rankingRow } from '../../../models/ranking-row.ts'
import { CONTEXT_COLUMNS } from '../../../models/row/context-columns.ts'
import { candidateOf } from '../../../serving/candidate.ts'
import { CONTEXT_OFFSET, writeContext } from '../../../serving/rows/context-row.ts'
import { ViewerDraft } from '../../../serving/viewer-draft.ts'
import { anEntry, userId } from '../../processors/events.ts'
import { aQuery } from '../feeds.ts'
import { contextCases, expectedOf } from './context-oracle.ts'

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

test('every column of the context is what its words say, recounted from viewer, post and request', () => {
  const { width } = rankingRow
  fc.assert(
    fc.property(contextCases, (each) => {
      const rows = new Float32Array(3 * width)
      writeContext(each.candidate, { query: each.query, viewer: each.viewer }, each.beside, rows, width)
      for (const { name } of CONTEXT_COLUMNS) {
        const written = rows[width + rankingRow.indexOf(name)]
        expect(written, name).toBe(Math.fround(expectedOf(name, each)))
      }
      // Nothing else is written: neither the views of the row nor the rows beside it.
      rows.fill(0, width + CONTEXT_OFFSET, 2 * width)
      expect(rows.every((value) => value === 0)).toBe(true)
    }),
    { numRuns: 1_000, seed: 6 },
  )
})

test('what is recounted comes about in every column, in some cases and not in others', () => {
  const values = new Map(CONTEXT_COLUMNS.map(({ name }) => [name, new Set<number>()]))
  for (const each of fc.sample(contextCases, { numRuns: 1_000, seed: 6 })) {
    for (const [name, seen] of values) seen.add(expectedOf(name, each))
  }
  for (const [name, seen] of values) expect(seen.size, name).toBeGreaterThan(1)
})
