import { describe, expect, test } from 'vitest'
import { Chance } from '../../../world/chance.ts'
import { PHRASEBOOKS } from '../../../world/posts/languages.ts'
import { SUBJECTS } from '../../../world/posts/subjects.ts'
import { write } from '../../../world/posts/writing.ts'
import { LANGUAGES, PLACES } from '../../../world/society/places.ts'

const task = { subject: 0, language: 0, isSpam: false, trend: undefined, mention: undefined }

describe('what people write', () => {
  test('is whole sentences about the subject, in the language, the same again for the same chance', () => {
    const chance = new Chance(1)
    const texts = new Set<string>()
    for (const [subject] of SUBJECTS.entries()) {
      for (const [language, name] of LANGUAGES.entries()) {
        for (let author = 0; author < 20; author++) {
          const { text } = write({ ...task, subject, language }, chance.of('text', author))
          expect(write({ ...task, subject, language }, chance.of('text', author)).text).toBe(text)
          expect(text).toMatch(/^\P{Ll}.*[.?!]$/u)
          expect(text).not.toMatch(/[{}]|undefined/)
          texts.add(`${name}: ${text}`)
        }
      }
    }
    expect(texts.size).toBeGreaterThan(500)
  })

  test('names whom it mentions, and bears the hashtag of the day beside its subject’s own', () => {
    const chance = new Chance(1).of('text', 1)
    const { text, hashtags } = write({ ...task, trend: 'slowriverweek', mention: 'bo-2' }, chance)
    expect(text).toMatch(/ @bo-2$/)
    expect(hashtags[0]).toBe('slowriverweek')
    for (const hashtag of hashtags.slice(1)) expect(SUBJECTS[0]!.hashtags).toContain(hashtag)
  })

  test('knows every subject in every language that somebody speaks', () => {
    expect(new Set(PLACES.map(({ language }) => language))).toEqual(new Set(LANGUAGES))
    expect(PHRASEBOOKS.map(({ language }) => language)).toEqual(
      LANGUAGES.filter((language) => language !== 'en'),
    )
    for (const { nouns } of PHRASEBOOKS) {
      expect(nouns).toHaveLength(SUBJECTS.length)
      for (const each of nouns) expect(each.length).toBeGreaterThan(1)
    }
  })
})
