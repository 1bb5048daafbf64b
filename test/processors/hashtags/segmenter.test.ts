import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dictionary } from '../../../processors/hashtags/dictionary.ts'
import { HASHTAG_CHARS_MAX, WORD_CHARS_MAX, split } from '../../../processors/hashtags/segmenter.ts'
import { HELD_OUT, TUNING, type Labelled } from './labelled.ts'

const words = (hashtag: string, corpus?: Record<string, number>): string =>
  split(hashtag, corpus === undefined ? undefined : new Map(Object.entries(corpus))).join(' ')

const accuracy = (labelled: readonly Labelled[]): number =>
  labelled.filter(({ hashtag, words: expected }) => words(hashtag) === expected).length / labelled.length

/** Counts look-ups, so that work can be bounded without a clock. */
class CountingMap extends Map<string, number> {
  lookUps = 0
  override get(word: string): number | undefined {
    this.lookUps++
    return super.get(word)
  }
}

describe('quality on hand-labelled hashtags', () => {
  test('at least 90% of the 84 held-out hashtags split as a person would', () => {
    expect(HELD_OUT).toHaveLength(84)
    expect(accuracy(HELD_OUT)).toBeGreaterThanOrEqual(0.9)
  })

  test('at least 90% of the 180 tuning hashtags split as a person would', () => {
    expect(TUNING).toHaveLength(180)
    expect(accuracy(TUNING)).toBeGreaterThanOrEqual(0.9)
  })
})

describe('words of the live corpus', () => {
  test('teach a name that the dictionary lacks', () => {
    expect(words('freshetfeed')).not.toBe('freshet feed')
    expect(words('freshetfeed', { freshet: 40 })).toBe('freshet feed')
  })

  test('keep a name whole that the dictionary would cut', () => {
    expect(words('facebook')).toBe('face book')
    expect(words('facebook', { facebook: 300 })).toBe('facebook')
    expect(words('facebooklive', { facebook: 300 })).toBe('facebook live')
  })

  test('work in any Latin spelling', () => {
    expect(words('cafésoirée')).toBe('cafésoirée')
    expect(words('cafésoirée', { café: 20, soirée: 5 })).toBe('café soirée')
  })

  test('are ignored where their count is no count', () => {
    for (const count of [0, -5, Number.NaN])
      expect(words('travelphoto', { travelp: count })).toBe('travel photo')
  })
})

describe('hard boundaries', () => {
  test.each([
    ['summer2024', 'summer 2024'],
    ['100daysofcode', '100 days of code'],
    ['new-york', 'new york'],
    ['street_food', 'street food'],
    ['__proto__', 'proto'],
    ['1', '1'],
    ['___', ''],
    ['', ''],
  ])('%s is %s', (hashtag, expected) => {
    expect(words(hashtag)).toBe(expected)
  })

  test('other scripts, mixed scripts and symbols stay whole', () => {
    for (const whole of ['東京タワー', 'tokyo東京', 'हिन्दीभाषा', 'путешествия', 'c++', '🍕pizza']) {
      expect(split(whole, undefined)).toEqual([whole])
    }
  })
})

describe('whole words and limits', () => {
  test('a word of the dictionary stays whole', () => {
    for (const word of ['nowhere', 'therapist', 'passport', 'homemade']) expect(words(word)).toBe(word)
  })

  test('a run in which nothing is known stays whole', () => {
    for (const run of ['ootd', 'tbt', 'zzxqv', 'x'.repeat(HASHTAG_CHARS_MAX)]) expect(words(run)).toBe(run)
  })

  test('a hashtag over the length limit is cut at hard boundaries only', () => {
    const long = 'travelphotography'.repeat(4)
    expect(words(`${long}_2024`)).toBe(`${long} 2024`)
  })

  test('the work for the longest hashtag grows with its length, not with its square', () => {
    const corpus = new CountingMap()
    split('q'.repeat(HASHTAG_CHARS_MAX), corpus)
    expect(corpus.lookUps).toBeLessThanOrEqual(HASHTAG_CHARS_MAX * WORD_CHARS_MAX)
  })
})

test('the words, joined, are always the hashtag without its separators', () => {
  const letters = fc.string({
    unit: fc.constantFrom('a', 'b', 'e', 'n', 'o', 's', 't', '0', '9', '_', '-', 'é', '東'),
    maxLength: 70,
  })
  fc.assert(
    fc.property(fc.oneof(letters, fc.string({ unit: 'binary', maxLength: 70 })), (hashtag) => {
      const parts = split(hashtag, undefined)
      expect(parts.join('')).toBe(hashtag.replaceAll(/[_-]/g, ''))
      expect(parts).not.toContain('')
      expect(split(hashtag, undefined)).toEqual(parts)
    }),
  )
})

/** The same costs, minimised by trying every split. */
const cheapestByTrial = (run: string, cost: (word: string) => number): number => {
  let least = cost(run)
  for (let cut = 1; cut < run.length; cut++) {
    least = Math.min(least, cost(run.slice(0, cut)) + cheapestByTrial(run.slice(cut), cost))
  }
  return least
}

/** The oracle knows the corpus alone: runs that hold a word of the shipped list (such as "xxx") are left out. */
const holdsShippedWord = (run: string): boolean => {
  for (let start = 0; start < run.length; start++) {
    for (let end = start + 2; end <= run.length; end++)
      if (dictionary().counts.has(run.slice(start, end))) return true
  }
  return false
}

test('no other split of a run is likelier', () => {
  const corpus = new Map([
    ['qx', 4_000],
    ['xz', 90],
    ['qxz', 70],
    ['zzq', 2_000],
    ['xzqx', 30],
  ])
  const logTotal = Math.log(49_719_560)
  const cost = (word: string): number => {
    const count = corpus.get(word)
    if (count === undefined) return logTotal + (Math.max(word.length, 3) - 1) * Math.LN10
    return logTotal - Math.log(count) + (word.length <= 2 ? Math.log(20) : 0)
  }
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('q', 'x', 'z'), minLength: 3, maxLength: 9 }), (run) => {
      fc.pre(!holdsShippedWord(run))
      const total = split(run, corpus).reduce((sum, word) => sum + cost(word), 0)
      expect(total).toBeCloseTo(cheapestByTrial(run, cost), 9)
    }),
  )
})
