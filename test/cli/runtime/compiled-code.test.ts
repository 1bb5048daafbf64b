import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compiledCodeDirectory } from '../../../cli/runtime/compiled-code.ts'

const homeless = (): string => {
  throw new Error('no such user')
}

describe('the directory of compiled code', () => {
  it('is of the user: where caches are said to be, or below home', () => {
    expect(compiledCodeDirectory({}, () => '/home/ada')).toBe('/home/ada/.cache/freshet/compiled')
    expect(compiledCodeDirectory({ XDG_CACHE_HOME: '' }, () => '/home/ada')).toBe(
      '/home/ada/.cache/freshet/compiled',
    )
    expect(compiledCodeDirectory({ XDG_CACHE_HOME: '/caches' }, homeless)).toBe('/caches/freshet/compiled')
  })

  it('is nowhere for a user without a home', () => {
    expect(compiledCodeDirectory({}, homeless)).toBeUndefined()
  })
})

describe('a command', () => {
  let caches: string
  beforeEach(async () => {
    caches = await mkdtemp(join(tmpdir(), 'freshet-caches-'))
  })
  afterEach(() => rm(caches, { recursive: true, force: true }))

  const describeTopologies = async (settings: Record<string, string>): Promise<string> => {
    const { NODE_COMPILE_CACHE: _, ...environment } = process.env
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['cli/freshet.ts', 'describe'], {
      env: { ...environment, ...settings },
    })
    expect(stderr).toBe('')
    return stdout
  }

  it('keeps what it compiled, and answers the same from what it kept', async () => {
    const first = await describeTopologies({ XDG_CACHE_HOME: caches })
    expect(await readdir(join(caches, 'freshet'))).toEqual(['compiled'])
    expect(await describeTopologies({ XDG_CACHE_HOME: caches })).toBe(first)
  })

  it('goes by the setting of Node where there is one', async () => {
    await describeTopologies({ XDG_CACHE_HOME: caches, NODE_COMPILE_CACHE: join(caches, 'other') })
    expect(await readdir(caches)).toEqual(['other'])
  })

  it('keeps nothing when told so', async () => {
    await describeTopologies({ XDG_CACHE_HOME: caches, NODE_DISABLE_COMPILE_CACHE: '1' })
    expect(await readdir(caches)).toEqual([])
  })

  it('answers as ever where nothing can be kept', async () => {
    const kept = await describeTopologies({ XDG_CACHE_HOME: caches })
    expect(await describeTopologies({ XDG_CACHE_HOME: join(process.execPath, 'below-a-file') })).toBe(kept)
  })
})
