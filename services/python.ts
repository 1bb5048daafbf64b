import { join } from 'node:path'
import { cached } from './cache.ts'
import { onPath, run } from './command.ts'
import { ServiceUnavailable } from './port.ts'

const INSTALL_MS_MAX = 600_000

/** How to run modules of a Python package that only a test needs. Made once a machine. */
export interface PythonPackage {
  readonly python: string
  readonly env: { readonly PYTHONPATH: string }
}

export const pythonPackage = async (name: string, version: string): Promise<PythonPackage> => {
  const python = await onPath('python3')
  if (python === undefined) throw new ServiceUnavailable('no "python3" on PATH')
  const root = await cached(`python-${name}-${version}`, async (directory) => {
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-compile']
    await run(
      python,
      ['-m', 'pip', 'install', ...quiet, '--target', join(directory, 'packages'), `${name}==${version}`],
      {
        timeoutMs: INSTALL_MS_MAX,
      },
    )
  })
  return { python, env: { PYTHONPATH: join(root, 'packages') } }
}
