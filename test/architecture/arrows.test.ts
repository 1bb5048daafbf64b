import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

/** What each room may import from, beside itself. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  schemas: [],
  services: [],
  release: [],
  engine: ['schemas'],
  features: ['schemas', 'engine'],
  processors: ['schemas', 'engine', 'features'],
  topologies: ['schemas', 'engine', 'features', 'processors'],
  models: ['schemas', 'engine', 'features', 'processors'],
  serving: ['schemas', 'engine', 'features', 'processors', 'models'],
  // What people of a synthetic world like is hidden: nothing that ranks may import it, and it sees contracts alone.
  world: ['schemas'],
  web: [],
  cli: [
    'schemas',
    'engine',
    'features',
    'processors',
    'topologies',
    'models',
    'serving',
    'world',
    'bench',
    'services',
  ],
  bench: [
    'schemas',
    'engine',
    'features',
    'processors',
    'topologies',
    'models',
    'serving',
    'world',
    'cli',
    'services',
  ],
}

const IMPORT = /(?:from|import)\s*\(?\s*'(\.[^']+)'/g

const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(IMPORT)].map(([, path]) => normalize(join(dirname(file), path!)))

const filesOf = (room: string): string[] => globSync(`${room}/**/*.{ts,js}`)

describe('the rooms', () => {
  it.each(Object.entries(ARROWS))('%s imports only from the rooms below it', (room, allowed) => {
    const files = filesOf(room)
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) {
      for (const imported of importsOf(file)) {
        const target = imported.split('/')[0]!
        expect([room, ...allowed], `${file} imports ${imported}`).toContain(target)
      }
    }
  })

  it('let no one import from test/', () => {
    for (const room of Object.keys(ARROWS)) {
      for (const file of filesOf(room)) {
        expect(importsOf(file).filter((path) => path.startsWith('test/'))).toEqual([])
      }
    }
  })
})
