import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from '../errors.ts'
import { systemClock } from '../runtime/clock.ts'
import { MODELS_DIRECTORY, openRegistry } from '../serving/models.ts'
import { LocalModels, type ModelAdmin } from './admin.ts'
import { RemoteModels } from './remote.ts'

export interface ModelAdminOptions {
  readonly data: string
  /** Of a running server; then `data` is not looked at. */
  readonly url?: string
}

/** A registry may be open in any number of processes: a server at work on the same directory follows it. */
export const openModelAdmin = async ({ data, url }: ModelAdminOptions): Promise<ModelAdmin> => {
  if (url !== undefined) return new RemoteModels(url)
  try {
    await access(join(data, MODELS_DIRECTORY))
  } catch (cause) {
    throw new CliError('NO_DATA', `"${data}" holds no models`, { cause })
  }
  return new LocalModels(await openRegistry(data, systemClock))
}
