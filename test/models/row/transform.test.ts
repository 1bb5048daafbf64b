import { expect, test } from 'vitest'
import { RANKING_VIEWS } from '../../../models/ranking-row.ts'
import { transformOf } from '../../../models/row/transform.ts'

const column = (name: string, unit: string) => ({ name, unit, about: 'Tests.' })

test('a view column is transformed by what it measures', () => {
  expect(transformOf(column('v.likes.total', 'events'))).toMatchObject({ kind: 'log', per: 1 })
  expect(transformOf(column('v.looked.total', 'ms'))).toMatchObject({ kind: 'log', per: 1_000 })
  expect(transformOf(column('v.likes.since_last_ms', 'ms'))).toMatchObject({ kind: 'age', per: 86_400_000 })
  expect(transformOf(column('v.likes_per_views.rate_1d', 'ratio'))).toMatchObject({ kind: 'log', per: 0.05 })
  expect(transformOf(column('v.negatives_per_views.rate_1d', 'ratio'))).toMatchObject({ per: 0.001 })
})

test('whatever may be below zero in a view is an age', () => {
  for (const { columns } of RANKING_VIEWS) {
    for (const each of columns) {
      expect(transformOf(each).kind === 'age', each.name).toBe(each.name.endsWith('.since_last_ms'))
    }
  }
})
