import { execFile } from 'node:child_process'
import { cp, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { readSettings } from '../../cli/config/read.ts'
import { checkDockerfile } from '../../services/checkers.ts'
import { temporaryDirectory } from '../cli/temporary.ts'
import { missing } from '../services/here.ts'

const execute = promisify(execFile)
const ROOT = join(import.meta.dirname, '..', '..')
const noCheckers = await missing('checkers')
const dockerfile = await readFile(join(ROOT, 'docker', 'Dockerfile'), 'utf8')
const [, runtime = ''] = dockerfile.split(/^FROM .*$/m).slice(1)
/** What the image takes from the checkout, as [from, to]. */
const copied = [...runtime.matchAll(/^COPY (?!--from)(.+)$/gm)].map(([, paths]) => paths!.split(' '))

describe.skipIf(noCheckers !== undefined)(`a checker of Dockerfiles ${noCheckers ?? ''}`, () => {
  test('finds nothing', async () => {
    expect(await checkDockerfile(dockerfile)).toBeNull()
  })

  test('would find an instruction that is none', async () => {
    expect(await checkDockerfile(`${dockerfile}\nRUNN x`)).toMatch(/line \d+: .*RUNN/)
  })
})

describe('the image', () => {
  test('runs as nobody in particular, and says whether it is well', () => {
    expect([...runtime.matchAll(/^USER (.+)$/gm)].map(([, user]) => user)).toEqual(['node'])
    expect(runtime).toMatch(/^HEALTHCHECK /m)
  })

  test('sets what are settings', async () => {
    const variables = [...runtime.matchAll(/\b(FRESHET_[A-Z_]+)=(\S+)/g)].map(([, name, value]) => [
      name,
      value,
    ])
    expect(variables.length).toBeGreaterThan(2)
    const { settings } = await readSettings({ environment: Object.fromEntries(variables) as never })
    expect([settings.serving.host, settings.worker.host]).toEqual(['0.0.0.0', '0.0.0.0'])
  })

  test('holds all that its roles load, and what it holds is not left out of the build', async () => {
    const directory = await temporaryDirectory()
    for (const paths of copied) {
      const [to] = paths.slice(-1) as [string]
      for (const from of paths.slice(0, -1)) {
        await cp(join(ROOT, from), join(directory, to === './' ? from : to), { recursive: true })
      }
    }
    await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'))
    const loads = [
      'serve.ts',
      'worker/run.ts',
      'up.ts',
      'topics/apply.ts',
      'up-on-services.ts',
      'learning/train.ts',
    ].map((file) => `await import(${JSON.stringify(join(directory, 'cli', file))})`)
    const run = (...args: readonly string[]) => execute(process.execPath, [...args], { cwd: directory })
    await expect(run('--input-type=module', '-e', loads.join(';'))).resolves.toMatchObject({ stderr: '' })
    const { stdout } = await run('cli/freshet.ts', 'config')
    expect(stdout).toMatch(/^kafka\.brokers/m)
    const ignore = await readFile(join(ROOT, 'docker', 'Dockerfile.dockerignore'), 'utf8')
    const kept = ignore.split('\n').flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []))
    expect(kept).toEqual(expect.arrayContaining(copied.flatMap((paths) => paths.slice(0, -1))))
  })
})
