import { readFileSync } from 'node:fs'

/** Tells glibc to ask the kernel for huge pages wherever it allocates much at once. */
const TUNABLE = 'glibc.malloc.hugetlb=1'
const TUNABLE_NAME = 'glibc.malloc.hugetlb'
/** The kernel's policy; only under `madvise` is there anything to ask for. */
const POLICY_FILE = '/sys/kernel/mm/transparent_hugepage/enabled'
const POLICY = '[madvise]'

/** Commands that hold state in memory. */
const COMMANDS: readonly string[] = ['up', 'worker', 'replay', 'bench']

type Environment = Readonly<Record<string, string | undefined>>

/** The environment to start again with; undefined where that is of no use, or the user has decided. */
export const hugePageEnvironment = (
  command: string | undefined,
  policy: string,
  environment: Environment,
): Environment | undefined => {
  const tunables = environment['GLIBC_TUNABLES'] ?? ''
  if (command === undefined || !COMMANDS.includes(command) || !policy.includes(POLICY)) return undefined
  if (tunables.includes(TUNABLE_NAME)) return undefined
  return { ...environment, GLIBC_TUNABLES: tunables === '' ? TUNABLE : `${tunables}:${TUNABLE}` }
}

/**
 * Starts this process again, under its own id and at most once, so that memory comes in huge pages. The rows
 * of a million keys lie in as many places, and with pages of 4 KiB the processor has to look most of them up
 * in the page tables first, which takes longer than reading the row. glibc can be told only before a process
 * starts. `GLIBC_TUNABLES=glibc.malloc.hugetlb=0` keeps pages as they are.
 */
export const takeHugePages = (command: string | undefined): void => {
  if (process.platform !== 'linux' || process.connected || typeof process.execve !== 'function') return
  const environment = hugePageEnvironment(command, policy(), process.env)
  if (environment === undefined) return
  const [, ...script] = process.argv
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...script], environment)
}

const policy = (): string => {
  try {
    return readFileSync(POLICY_FILE, 'utf8')
  } catch {
    return ''
  }
}
