import { describe, expect, test } from 'vitest'
import { FEATURES_BYTES_MAX } from '../../schemas/impressions/v1.ts'
import { lightRow } from '../../models/light-row.ts'
import { RANKING_VIEWS, rankingRow, viewOffset } from '../../models/ranking-row.ts'

describe('the ranking row', () => {
  test('holds every column of every view side by side, where its reader writes it', () => {
    for (const view of RANKING_VIEWS) {
      const offset = viewOffset(view)
      const names = rankingRow.columns.slice(offset, offset + view.columns.length).map(({ name }) => name)
      expect(names).toEqual(view.columns.map(({ name }) => name))
    }
  })

  test('begins with the views and ends with the context', () => {
    const width = RANKING_VIEWS.reduce((sum, view) => sum + view.columns.length, 0)
    const isContext = rankingRow.columns.map(({ name }) => name.startsWith('context.'))
    expect(isContext.indexOf(true)).toBe(width)
    expect(isContext.lastIndexOf(false)).toBe(width - 1)
  })

  test('fits into an impression', () => {
    expect(rankingRow.width * Float32Array.BYTES_PER_ELEMENT).toBeLessThanOrEqual(FEATURES_BYTES_MAX)
  })

  test('reads the rows of keys never seen as finite numbers', () => {
    const row = new Float32Array(rankingRow.width)
    for (const view of RANKING_VIEWS) view.read(Buffer.alloc(0), 0, 0, 1_000, row, viewOffset(view))
    expect(row.every(Number.isFinite)).toBe(true)
  })
})

describe('the light row', () => {
  test('is made of columns of the ranking row, each with its transform', () => {
    expect(lightRow.width).toBeLessThan(rankingRow.width / 3)
    for (const column of lightRow.columns) {
      expect(rankingRow.columns[rankingRow.indexOf(column.name)]).toBe(column)
    }
    expect(lightRow.hash).not.toBe(rankingRow.hash)
  })
})
