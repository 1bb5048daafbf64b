import type { Written } from '../../models/snapshot/write.ts'
import type { ServedModels } from './models.ts'

/**
 * Puts a snapshot below the registry's root into service whatever the gate would say: for evaluations, whose figures
 * are of what was learned. Throws what the registry throws.
 */
export const serveSnapshot = async (
  { registry, follow }: Pick<ServedModels, 'registry' | 'follow'>,
  { directory, manifest }: Written,
  reason: string,
): Promise<void> => {
  await registry.offer(directory, { examples: 0, trainedUntil: null, comparison: null })
  await registry.promote(manifest.model, manifest.version, { reason })
  await follow()
}
