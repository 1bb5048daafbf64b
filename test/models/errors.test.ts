import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { RECOVERIES } from '../../engine/errors.ts'
import { MODEL_ERRORS, ModelError, type ModelErrorCode } from '../../models/errors.ts'

const CODES = Object.keys(MODEL_ERRORS) as ModelErrorCode[]

const sources = globSync('models/**/*.ts')
  .filter((file) => file !== 'models/errors.ts')
  .map((file) => readFileSync(file, 'utf8'))

test.each(CODES)('%s is thrown somewhere', (code) => {
  expect(sources.some((text) => text.includes(`'${code}'`))).toBe(true)
})

test('every code says how to recover', () => {
  for (const [code, { recovery }] of Object.entries(MODEL_ERRORS)) {
    expect(Object.keys(RECOVERIES), code).toContain(recovery)
  }
})

test('an error carries its code, its recovery and its cause', () => {
  const cause = new Error('cause')
  const error = new ModelError('SCORERS_BUSY', 'full', { cause })
  expect(error).toMatchObject({ name: 'ModelError', code: 'SCORERS_BUSY', recovery: 'retry', cause })
  expect(error.message).toBe('SCORERS_BUSY: full')
})
