import { ByteReader } from '../engine/bytes.ts'
import { EngineError } from '../engine/errors.ts'
import type { StateLayout } from '../engine/processor.ts'

/**
 * A stored row's state bytes: checks and skips the version byte. Throws `STATE_VERSION` for a row of another
 * version, which only the engine's migrations can read.
 */
export const rowReader = (layout: Pick<StateLayout<unknown>, 'version'>, row: Buffer): ByteReader => {
  const reader = new ByteReader().over(row)
  const version = reader.u8()
  if (version === layout.version) return reader
  throw new EngineError('STATE_VERSION', `a row of version ${version} cannot be read as ${layout.version}`)
}

/** The state in a stored row, of any version that the layout can read. */
export const stateOf = <State>(layout: StateLayout<State>, row: Buffer): State => {
  const migrate = row.length > 0 ? layout.migrations?.[row[0]!] : undefined
  if (migrate !== undefined) return migrate(new ByteReader().over(row, 1))
  return layout.read(rowReader(layout, row))
}
