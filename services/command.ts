import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { ServiceUnavailable } from './port.ts'

const execute = promisify(execFile)
const OUTPUT_BYTES_MAX = 8 << 20

/** Where a program lies on PATH; undefined where it does not. */
export const onPath = async (program: string): Promise<string | undefined> => {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, program)
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (runs && directory !== '') return path
  }
  return undefined
}

/** Runs a program to its end; throws `ServiceUnavailable` with its last words where it fails. */
export const run = async (
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly timeoutMs: number },
): Promise<string> => {
  try {
    const { stdout, stderr } = await execute(program, [...args], {
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      timeout: options.timeoutMs,
      maxBuffer: OUTPUT_BYTES_MAX,
    })
    return stdout + stderr
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    const lastWords = `${stdout}\n${stderr}`.trim().split('\n').slice(-3).join(' | ')
    throw new ServiceUnavailable(`"${program}" failed: ${lastWords || String(error)}`, { cause: error })
  }
}
