import { readTowers } from '../retrieval/tower-snapshot.ts'
import { readSnapshot } from '../snapshot/read.ts'
import type { RegisteredModel } from './record.ts'

/** Throws `SNAPSHOT_…` for files that this code could not serve as a snapshot of the model. */
export const assertReadable = async (directory: string, model: RegisteredModel): Promise<void> => {
  if (model === 'retrieval') await readTowers(directory)
  else await readSnapshot(directory, model)
}
