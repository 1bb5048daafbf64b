import type { ModelName } from '../snapshot/manifest.ts'
import { readSnapshot } from '../snapshot/read.ts'
import { ScoringSession } from './session.ts'

/** Reads, checks and loads a snapshot; throws what `readSnapshot` and `ScoringSession.create` throw. */
export const openSession = async (directory: string, model: ModelName): Promise<ScoringSession> =>
  ScoringSession.create(await readSnapshot(directory, model))
