import nodeModule from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Node's own setting: where it is set, Node keeps compiled code there without being told. */
const SETTING = 'NODE_COMPILE_CACHE'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Where compiled code of this user lies: in no directory that all may write to, as Node's own choice would be, for what
 * lies there is run. Undefined for a user without a home.
 */
export const compiledCodeDirectory = (environment: Environment, home: () => string): string | undefined => {
  const { XDG_CACHE_HOME: caches } = environment
  if (caches !== undefined && caches !== '') return join(caches, 'freshet', 'compiled')
  try {
    return join(home(), '.cache', 'freshet', 'compiled')
  } catch {
    return undefined
  }
}

/**
 * Keeps the code that this process, its threads and its children compile for the next start, which takes half the
 * processor time then. Where it cannot be kept nothing changes. `NODE_COMPILE_CACHE` names another directory,
 * `NODE_DISABLE_COMPILE_CACHE=1` keeps nothing.
 */
export const keepCompiledCode = (): void => {
  if (process.env[SETTING] !== undefined) return
  const directory = compiledCodeDirectory(process.env, homedir)
  // Node has it since 22.1 only.
  if (directory === undefined || typeof nodeModule.enableCompileCache !== 'function') return
  const { status } = nodeModule.enableCompileCache(directory)
  // Threads and children go by the setting alone.
  if (status === nodeModule.constants.compileCacheStatus.ENABLED) process.env[SETTING] = directory
}
