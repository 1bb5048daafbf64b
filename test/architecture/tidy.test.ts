import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** About 300 is the aim; beyond this a file holds more than one concept. */
const LINES_MAX = 400
const ROOMS = [
  'schemas',
  'engine',
  'features',
  'processors',
  'topologies',
  'models',
  'serving',
  'world',
  'services',
  'cli',
  'bench',
  'web',
  'release',
]
/** Where the world outside may be asked for time, chance and identity. */
const EDGES = /^(cli|bench|services|web)\//

const sources = ROOMS.flatMap((room) => globSync(`${room}/**/*.{ts,js}`))
const textOf = (file: string): string => readFileSync(file, 'utf8')

/** Files whose code (comments aside) matches. */
const offenders = (files: readonly string[], pattern: RegExp): string[] =>
  files.filter((file) => pattern.test(codeOf(file)))

const codeOf = (file: string): string =>
  textOf(file)
    .split('\n')
    .filter((line) => !/^\s*(\/\/|\/?\*)/.test(line))
    .join('\n')

describe('every source file', () => {
  it('is short enough to hold one concept', () => {
    expect(sources.filter((file) => textOf(file).split('\n').length > LINES_MAX)).toEqual([])
  })

  it('takes time and chance from its caller, but at the edges', () => {
    const clockOrChance = /Date\.now\(|new Date\(\)|Math\.random\(|performance\.now\(|randomUUID/
    expect(
      offenders(
        sources.filter((file) => !EDGES.test(file)),
        clockOrChance,
      ),
    ).toEqual([])
  })

  it('holds no `any` and no suppressed check', () => {
    expect(offenders(sources, /: any\b|\bas any\b|<any>/)).toEqual([])
    expect(sources.filter((file) => /@ts-ignore|@ts-expect-error|oxlint-disable/.test(textOf(file)))).toEqual(
      [],
    )
  })

  it('makes rows of powers that are the same on every machine: of exp2, not of the machine', () => {
    const rooms = sources.filter((file) => /^(features|processors)\//.test(file))
    expect(offenders(rooms, /\*\* \(|Math\.(pow|exp)\(/)).toEqual([])
  })

  it('holds no unowned TODO', () => {
    expect(sources.filter((file) => /\b(TODO|FIXME|XXX|HACK)\b(?!\([a-z])/.test(textOf(file)))).toEqual([])
  })
})

describe('every process that runs on while its starter does something else', () => {
  it('is started so that it ends with it, however that ends', () => {
    const files = [...sources, ...globSync('test/**/*.ts')]
    expect(offenders(files, /(?<!\.)\bspawn\(/)).toEqual(['services/native/kept.ts'])
    const forked = offenders(files, /(?<!\.)\bprocess\.(on|once)\('message'/)
    expect(forked.length).toBeGreaterThan(0)
    expect(forked).toEqual(offenders(forked, /^endWithBenchmark\(\)$/m))
  })
})

describe('what is committed', () => {
  it('names no host of a package registry', () => {
    const files = execFileSync('git', ['ls-files'], { encoding: 'utf8' }).trim().split('\n')
    const host = new RegExp(['registry', 'npmjs', 'org'].join('\\.'))
    for (const file of files.filter((each) => !each.endsWith('.png'))) {
      expect(host.test(textOf(file)), file).toBe(false)
    }
  })
})
