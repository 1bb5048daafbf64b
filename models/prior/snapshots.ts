import type { RegisteredModel } from '../registry/record.ts'
import { writeTowers } from '../retrieval/tower-snapshot.ts'
import { priorTowers } from '../retrieval/towers.ts'
import type { ModelName } from '../snapshot/manifest.ts'
import { writeSnapshot, type Written } from '../snapshot/write.ts'
import { priorParameters } from './prior.ts'

/** Writes what every model begins with into a directory of snapshots, where it is not there already. */
export const writePriors = async (root: string): Promise<Readonly<Record<RegisteredModel, Written>>> => {
  const write = (model: ModelName): Promise<Written> =>
    writeSnapshot(root, model, 'prior', priorParameters(model))
  const [heavy, light, retrieval] = await Promise.all([
    write('heavy'),
    write('light'),
    writeTowers(root, 'prior', priorTowers()),
  ])
  return { heavy, light, retrieval }
}
