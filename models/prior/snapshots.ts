import type { ModelName } from '../snapshot/manifest.ts'
import { writeSnapshot, type Written } from '../snapshot/write.ts'
import { priorParameters } from './prior.ts'

/** Writes the priors of both rankers into a directory of snapshots, where they are not there already. */
export const writePriors = async (root: string): Promise<Readonly<Record<ModelName, Written>>> => {
  const write = (model: ModelName): Promise<Written> =>
    writeSnapshot(root, model, 'prior', priorParameters(model))
  const [heavy, light] = await Promise.all([write('heavy'), write('light')])
  return { heavy, light }
}
