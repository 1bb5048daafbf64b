import type { Millis } from '../../schemas/ids.ts'
import { views } from '../../topologies/index.ts'
import { CliError } from '../errors.ts'
import type { FeatureView } from './inspection.ts'

const VERSION_BYTES = 1

/** The columns of a view's row by name, as of a time. Throws `UNKNOWN_VIEW`. */
export const featureView = async (
  name: string,
  key: readonly string[],
  asOf: Millis | number,
  read: () => Promise<Buffer | undefined>,
): Promise<FeatureView> => {
  const view = views.get(name)
  if (view === undefined) {
    const names = [...views.keys()].sort().join(', ')
    throw new CliError('UNKNOWN_VIEW', `there is no view "${name}"; views are ${names}`)
  }
  const row = await read()
  const columns = view.describe(row?.subarray(VERSION_BYTES) ?? Buffer.alloc(0), asOf)
  return { view: name, key, asOf, known: row !== undefined, columns }
}
