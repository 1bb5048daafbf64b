import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FEATURES_PAGE, featuresPage } from '../../topologies/features-page.ts'
import { views } from '../../topologies/index.ts'

describe('the page of features', () => {
  it('is what is committed; if not, run: npm run draw', async () => {
    expect(readFileSync(FEATURES_PAGE, 'utf8')).toBe(await featuresPage())
  })

  it.each([...views.values()].map((view) => [view.name, view] as const))(
    'says of each column of %s what it means, and in which unit',
    async (_, view) => {
      const rows = (await featuresPage())
        .split('\n')
        .map((line) => line.split('|').map((cell) => cell.trim()))
      for (const { name, unit, about } of view.columns)
        expect(rows).toContainEqual(['', `\`${name}\``, unit, about, ''])
    },
  )
})
