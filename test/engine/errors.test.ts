import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ENGINE_ERRORS, EngineError, RECOVERIES, type EngineErrorCode } from '../../engine/errors.ts'

const CODES = Object.keys(ENGINE_ERRORS) as EngineErrorCode[]
const ROOMS = [
  'schemas',
  'engine',
  'features',
  'processors',
  'topologies',
  'models',
  'serving',
  'cli',
  'bench',
]

const sources = ROOMS.flatMap((room) => globSync(`${room}/**/*.ts`))
  .filter((file) => file !== 'engine/errors.ts')
  .map((file) => ({ file, text: readFileSync(file, 'utf8') }))

describe('the table of errors', () => {
  it.each(CODES)('holds %s, which something throws', (code) => {
    const users = sources.filter(({ text }) => new RegExp(`'${code}'`).test(text))
    expect(users.map(({ file }) => file)).not.toEqual([])
  })

  it('holds every code that is thrown', () => {
    const thrown = sources.flatMap(({ text }) =>
      [...text.matchAll(/new EngineError\(\s*'([^']+)'/g)].map(([, code]) => code!),
    )
    expect(thrown.length).toBeGreaterThan(20)
    for (const code of thrown) expect(CODES).toContain(code)
  })

  it('says how to recover from every code', () => {
    for (const [code, { recovery }] of Object.entries(ENGINE_ERRORS)) {
      expect(Object.keys(RECOVERIES), code).toContain(recovery)
    }
  })

  it('has a code for every recovery', () => {
    const used = new Set(Object.values(ENGINE_ERRORS).map(({ recovery }) => recovery))
    expect([...used].sort()).toEqual(Object.keys(RECOVERIES).sort())
  })
})

describe('an error', () => {
  it('carries its code, its recovery and its cause', () => {
    const cause = new Error('cause')
    const error = new EngineError('DISK_FULL', 'writing a batch', { cause })
    expect(error).toMatchObject({ name: 'EngineError', code: 'DISK_FULL', recovery: 'retry', cause })
    expect(error.message).toBe('DISK_FULL: writing a batch')
    expect(error).toBeInstanceOf(Error)
  })
})
