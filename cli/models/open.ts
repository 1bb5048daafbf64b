import { CliError } from '../errors.ts'
import { systemClock } from '../runtime/clock.ts'
import { contentOf } from '../runtime/open.ts'
import { openRegistry } from '../serving/models.ts'
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
  if ((await contentOf(data)) !== 'data') throw new CliError('NO_DATA', `"${data}" is no data directory`)
  return new LocalModels(await openRegistry(data, systemClock))
}
