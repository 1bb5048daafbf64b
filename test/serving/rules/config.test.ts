import { describe, expect, test } from 'vitest'
import { DEFAULT_VALUE_MODEL } from '../../../models/value-model.ts'
import { Configuration, RANKING_DEFAULTS } from '../../../serving/rules/config.ts'
import { RULES } from '../../../serving/rules/index.ts'

describe('a configuration', () => {
  test('has a version that is the same for the same settings, and another for each that differs', () => {
    const { weights } = DEFAULT_VALUE_MODEL
    const versions = [
      RANKING_DEFAULTS,
      ...RULES.map(({ name }) => ({ ...RANKING_DEFAULTS, rulesOff: [name] })),
      { ...RANKING_DEFAULTS, valueModel: { version: 'other', weights } },
      { ...RANKING_DEFAULTS, valueModel: { ...DEFAULT_VALUE_MODEL, weights: { ...weights, like: 2 } } },
      { ...RANKING_DEFAULTS, exploration: { share: 0.1, position: 3, depth: 20 } },
    ].map((config) => new Configuration(config).version)
    expect(new Set(versions).size).toBe(versions.length)
    expect(new Configuration({ ...RANKING_DEFAULTS }).version).toBe(versions[0])
  })

  test('leaves out the rules that are off, and keeps the others in order', () => {
    const { rules } = new Configuration({ ...RANKING_DEFAULTS, rulesOff: ['author-diversity'] })
    expect(rules).toEqual(RULES.filter(({ name }) => name !== 'author-diversity'))
  })

  test.each([
    [{ rulesOff: ['nope'] }, /rulesOff names "nope"; rules are out-of-network/],
    [{ exploration: { share: 0.5, position: 0, depth: 1 } }, /exploration\.share/],
    [
      { exploration: { ...JSON.parse('{"share":"0.1"}'), position: 0, depth: 1 } },
      /exploration\.share must be a number/,
    ],
    [{ exploration: { share: 0.1, position: -1, depth: 1 } }, /exploration\.position/],
    [{ exploration: { share: 0.1, position: 0, depth: 0 } }, /exploration\.depth/],
    [{ valueModel: { ...DEFAULT_VALUE_MODEL, version: '' } }, /version/],
  ])('is refused by the field: %j', (change, message) => {
    expect(() => new Configuration({ ...RANKING_DEFAULTS, ...change })).toThrow(message)
  })
})
