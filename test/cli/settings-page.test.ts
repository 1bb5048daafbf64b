import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { namedSettings } from '../../cli/config/declare.ts'
import { declared } from '../../cli/config/schema.ts'
import { SETTINGS_PAGE, settingsPage } from '../../cli/settings-page.ts'

const page = await settingsPage()
const rows = page.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))

describe('the page of settings', () => {
  it('is what is committed; if not, run: npm run draw', () => {
    expect(readFileSync(SETTINGS_PAGE, 'utf8')).toBe(page)
  })

  it.each(namedSettings(declared))(
    'has $path, by what it is set and what it is for',
    ({ path, ...named }) => {
      const { variable, setting } = named
      const cells = rows.find((row) => row[1] === `\`${path}\``)
      expect(cells?.[2]).toBe(`\`${variable}\``)
      expect(cells?.[4]).toContain(setting.kind.takes)
      expect(cells?.[5]).toBe(setting.about)
      expect(setting.about).toMatch(/^\S.*\.$/)
    },
  )
})
