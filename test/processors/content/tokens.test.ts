import { expect, test } from 'vitest'
import { TOKENS_MAX, tokensOf } from '../../../processors/content/tokens.ts'

const weightOf = (token: string, text: string, language: string | null = 'en'): number =>
  tokensOf(text, [], language).get(token) ?? 0

test('words that bind sentences tell nothing, rare ones more than common ones', () => {
  const text = 'The reservoir and the night and sourdough'
  expect(weightOf('the', text)).toBe(0)
  expect(weightOf('and', text)).toBe(0)
  expect(weightOf('night', text)).toBeGreaterThan(0)
  expect(weightOf('sourdough', text)).toBeGreaterThan(weightOf('night', text))
})

test('in other languages, and for words nobody counted, length tells', () => {
  const text = 'Der Nachtzug nach Lissabon und zurück'
  expect(weightOf('der', text, 'de')).toBeLessThan(0.2)
  expect(weightOf('nachtzug', text, 'de')).toBe(0.7)
  expect(weightOf('and', 'and', 'en-gb')).toBe(0)
  expect(weightOf('and', 'and', 'enm')).toBeGreaterThan(0)
})

test('a hashtag counts as itself and by its words, wherever it stands and however it is written', () => {
  const listed = tokensOf(null, ['SlowTravel'], 'en')
  expect(listed.get('#slowtravel')).toBe(1)
  expect(listed.has('travel')).toBe(true)
  expect(tokensOf('#slowtravel', [], 'en')).toEqual(listed)
  expect(tokensOf('slow travel', [], 'en').has('#slowtravel')).toBe(false)
})

test('a long word also counts by its beginning', () => {
  expect(weightOf('runne*', 'runners')).toBeCloseTo(weightOf('runners', 'runners') / 2)
})

test('where no spaces stand between words, two neighbours are one', () => {
  expect([...tokensOf('京都の駅', [], 'ja').keys()]).toEqual(['京都', '都の', 'の駅'])
  expect([...tokensOf('駅', [], 'ja').keys()]).toEqual(['駅'])
})

test('each token counts once, and no more of them than the limit', () => {
  const words = Array.from({ length: 2 * TOKENS_MAX }, (_, index) => `zqx${index} zqx${index}`).join(' ')
  expect(tokensOf(words, [], 'en').size).toBe(TOKENS_MAX)
  expect(tokensOf(null, [], null).size).toBe(0)
})
