import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { hugePageEnvironment } from '../../../cli/runtime/huge-pages.ts'

const ASK = 'always [madvise] never'

describe('the environment that asks for huge pages', () => {
  it('is for commands that hold state, where the kernel gives them to who asks', () => {
    expect(hugePageEnvironment('up', ASK, { HOME: '/home' })).toEqual({
      HOME: '/home',
      GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
    })
    expect(hugePageEnvironment('describe', ASK, {})).toBeUndefined()
    expect(hugePageEnvironment(undefined, ASK, {})).toBeUndefined()
    expect(hugePageEnvironment('up', '[always] madvise never', {})).toBeUndefined()
    expect(hugePageEnvironment('up', '', {})).toBeUndefined()
  })

  it('keeps what the user tells glibc, and asks for nothing they decided', () => {
    expect(hugePageEnvironment('up', ASK, { GLIBC_TUNABLES: 'glibc.malloc.arena_max=2' })).toEqual({
      GLIBC_TUNABLES: 'glibc.malloc.arena_max=2:glibc.malloc.hugetlb=1',
    })
    expect(hugePageEnvironment('up', ASK, { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=0' })).toBeUndefined()
  })

  it('is there at most once: what it makes asks for nothing more', () => {
    expect(hugePageEnvironment('up', ASK, hugePageEnvironment('up', ASK, {})!)).toBeUndefined()
  })
})

describe('a command that starts itself again', () => {
  it('answers as ever: its exit code, and nothing but its own words', async () => {
    const run = promisify(execFile)(process.execPath, ['cli/freshet.ts', 'bench', 'no-such-benchmark'])
    await expect(run).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^freshet: UNKNOWN_BENCH: [^\n]+\n$/),
    })
  })
})
