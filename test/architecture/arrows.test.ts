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

/** What is loaded with a file, before any of it runs. */
const LOADED = /^(?:import|export) (?!type\b)(?:[^;']*? from )?'([^']+)'/gm

const loadedWith = (file: string, loaded = new Set<string>()): ReadonlySet<string> => {
  loaded.add(file)
  for (const [, path] of readFileSync(file, 'utf8').matchAll(LOADED)) {
    if (!path!.startsWith('.')) loaded.add(path!)
    else if (!loaded.has(normalize(join(dirname(file), path!))))
      loadedWith(normalize(join(dirname(file), path!)), loaded)
  }
  return loaded
}

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

describe('the commands', () => {
  it('load what they run only when they run it, so that help and refusals come at once', () => {
    const loaded = [...loadedWith('cli/main.ts')].sort()
    expect(loaded).toContain('cli/commands/feature.ts')
    expect(loaded.filter((name) => !name.endsWith('.ts') && !name.startsWith('node:'))).toEqual(['commander'])
    expect(
      loaded.filter((name) => /^(processors|topologies|features|world)\/.+\/|^topologies/.test(name)),
    ).toEqual([])
  })
})

describe('the threads that score and search', () => {
  it.each(['models/scoring/worker.ts', 'models/retrieval/worker.ts'])(
    'load no schema and no view, which take longer to make than a model: %s',
    (file) => {
      const loaded = [...loadedWith(file)].sort()
      expect(loaded).toContain('processors/content/direction.ts')
      expect(
        loaded.filter((name) => /^(avsc|features\/)|^schemas\/.+\/(index|v\d+)\.ts$/.test(name)),
      ).toEqual([])
    },
  )
})
