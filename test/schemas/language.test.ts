import { expect, test } from 'vitest'
import { primaryLanguage } from '../../schemas/language.ts'

test('a language is a tag up to its first hyphen, whole', () => {
  expect(['pt', 'pt-br', 'zh-hant-tw', 'fil', 'fil-ph'].map(primaryLanguage)).toEqual([
    'pt',
    'pt',
    'zh',
    'fil',
    'fil',
  ])
})
