import { join } from 'node:path'
import { cached } from './cache.ts'
import { onPath, run } from './command.ts'
import { ServiceUnavailable } from './port.ts'

const INSTALL_MS_MAX = 600_000

/**
 * The directory of an npm package that only a test needs, and that is too large to install with the rest. Made
 * once a machine; its scripts are not run.
 */
export const npmPackage = async (name: string, version: string): Promise<string> => {
  const program = await onPath('npm')
  if (program === undefined) throw new ServiceUnavailable('no "npm" on PATH')
  const root = await cached(`npm-${name.replaceAll('/', '-')}-${version}`, async (directory) => {
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save']
    await run(program, ['install', '--prefix', directory, ...quiet, `${name}@${version}`], {
      timeoutMs: INSTALL_MS_MAX,
    })
  })
  return join(root, 'node_modules', name)
}
