import { join } from 'node:path'
import { EngineError } from '../../engine/errors.ts'
import { Database } from '../../engine/storage/database.ts'
import { ModelError } from '../errors.ts'

const DIRECTORY = 'lock'
const MEMTABLE_BYTES = 1 << 20

/**
 * Holds a directory of checkpoints for one trainer, until what it answers is called. It is the lock that data
 * directories have, on a file, by the system: it is free when its process is gone, however that ended, and no other
 * process with the same id, in another container, is taken for it. Throws `LEARNING_LOCKED`.
 */
export const lockLearning = async (checkpoints: string): Promise<() => Promise<void>> => {
  const database = await Database.open(join(checkpoints, DIRECTORY), {
    logMemtableBytes: MEMTABLE_BYTES,
    changelogMemtableBytes: MEMTABLE_BYTES,
    stateMemtableBytes: MEMTABLE_BYTES,
    stateCacheBytes: 0,
    backgroundThreads: 1,
  }).catch((cause: unknown) => {
    if (!(cause instanceof EngineError && cause.code === 'DATA_LOCKED')) throw cause
    throw new ModelError('LEARNING_LOCKED', `${checkpoints} is another trainer's`, { cause })
  })
  return () => database.close()
}
