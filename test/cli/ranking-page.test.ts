import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { RANKING_EXAMPLE, RANKING_PAGE, rankingPage } from '../../cli/ranking-page.ts'
import { HEADS } from '../../models/heads.ts'
import { DEFAULT_VALUE_MODEL } from '../../models/value-model.ts'
import { Rankings } from '../../serving/experiments/rankings.ts'
import * as declared from '../../serving/rules/fields.ts'
import { RULES } from '../../serving/rules/index.ts'
import { readSettings } from '../../serving/rules/settings.ts'

const page = await rankingPage()
const rows = page.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))
const toldOf = (name: string): string[][] => rows.filter((cells) => cells[1] === `\`${name}\``)

describe('the page of ranking settings', () => {
  it('is what is committed; if not, run: npm run draw', () => {
    expect(readFileSync(RANKING_PAGE, 'utf8')).toBe(page)
  })

  it.each(Object.entries(declared))(
    'has every field of %s, with what it may hold and what it says',
    (_, fields) => {
      for (const [name, { allowed, about }] of Object.entries(fields)) {
        const told = toldOf(name).map((cells) => [cells[2], cells[4]])
        expect(told, name).toContainEqual([allowed, about])
        expect(about, name).toMatch(/\.$/)
      }
    },
  )

  it('has every head with its default weight, and every rule with its bounds', () => {
    for (const { name, about } of HEADS) {
      const weight = String(DEFAULT_VALUE_MODEL.weights[name])
      expect(toldOf(name)).toContainEqual(expect.arrayContaining([weight, about]))
    }
    for (const { name, min, max, about } of RULES)
      expect(toldOf(name)).toContainEqual(expect.arrayContaining([`${min} to ${max}`, about]))
  })

  it('shows an example with every field, which a server takes', () => {
    const [, shown] = /```json\n([^]*?)```/.exec(page)!
    expect(JSON.parse(shown!)).toEqual(RANKING_EXAMPLE)
    const { config, experiments } = readSettings(shown!)
    const [everybody, asEverybody, without, noChance] = new Rankings(config, experiments).all
    expect(asEverybody!.configuration.version).toBe(everybody!.configuration.version)
    expect(without!.configuration.rules).toHaveLength(RULES.length - 2)
    expect(noChance!.configuration.exploration).toBeNull()
    for (const fields of Object.values(declared))
      for (const name of Object.keys(fields)) expect(shown).toContain(`"${name}":`)
  })

  it('is right that an arm may take back what everybody’s feeds have', () => {
    const back = {
      valueModel: { unit: 'event', passive: { pivot: 1, factors: {} } },
      rulesOff: [],
      exploration: null,
    } as const
    const arms = [{ name: 'back', share: 1, ranking: back }]
    const text = JSON.stringify({ ...RANKING_EXAMPLE, experiments: [{ name: 'e', salt: 's', arms }] })
    const { config, experiments } = readSettings(text)
    const { valueModel, rules, exploration } = new Rankings(config, experiments).all[1]!.configuration
    expect([rules.length, exploration]).toEqual([RULES.length, null])
    expect(valueModel.weightsFor(0)).toEqual(valueModel.weightsFor(1_000))
  })
})
