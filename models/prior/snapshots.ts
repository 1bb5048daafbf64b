import type { RegisteredModel } from '../registry/record.ts'
import { writeTowers } from '../retrieval/tower-snapshot.ts'
import { priorTowers } from '../retrieval/towers.ts'
import { writeSnapshot, type Written } from '../snapshot/write.ts'
import { priorParameters } from './prior.ts'

/** Writes what a model begins with into a directory of snapshots, where it is not there already. */
export const writePrior = (root: string, model: RegisteredModel): Promise<Written> =>
  model === 'retrieval'
    ? writeTowers(root, 'prior', priorTowers())
    : writeSnapshot(root, model, 'prior', priorParameters(model))

/** The same of every model. */
export const writePriors = async (root: string): Promise<Readonly<Record<RegisteredModel, Written>>> => {
  const [heavy, light, retrieval] = await Promise.all([
    writePrior(root, 'heavy'),
    writePrior(root, 'light'),
    writePrior(root, 'retrieval'),
  ])
  return { heavy, light, retrieval }
}
