import { ModelError } from '../errors.ts'
import { beginLight, type LightState } from './light-learner.ts'

/** `f64 steps · f64 rows · f64 usedRows`, then every array of the state as it lies in memory. */
const HEADER_NUMBERS = 3
const NUMBER_BYTES = 8

const floatsOf = ({ learned }: LightState): readonly Float32Array[] => [
  learned.parameters,
  learned.means,
  learned.squares,
  ...learned.given.values(),
]

const sumsOf = ({ moments }: LightState): readonly Float64Array[] => [moments.sums, moments.squares]

/** Everything that learning goes on from, for a checkpoint. */
export const encodeLightState = (state: LightState): Buffer => {
  const { learned, moments } = state
  const header = Float64Array.of(learned.steps, moments.rows, moments.usedRows)
  return Buffer.concat(
    [header, ...sumsOf(state), ...floatsOf(state)].map(
      ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
    ),
  )
}

/** Throws `CHECKPOINT_OTHER` for bytes that are no state of this network. */
export const decodeLightState = (bytes: Buffer): LightState => {
  const state = beginLight()
  const arrays = [...sumsOf(state), ...floatsOf(state)]
  const expected = arrays.reduce((sum, { byteLength }) => sum + byteLength, HEADER_NUMBERS * NUMBER_BYTES)
  if (bytes.length !== expected) {
    throw new ModelError('CHECKPOINT_OTHER', `light ranker of ${bytes.length} bytes, ${expected} are needed`)
  }
  let at = HEADER_NUMBERS * NUMBER_BYTES
  for (const { buffer, byteOffset, byteLength } of arrays) {
    new Uint8Array(buffer, byteOffset, byteLength).set(bytes.subarray(at, at + byteLength))
    at += byteLength
  }
  state.learned.steps = bytes.readDoubleLE(0)
  state.moments.rows = bytes.readDoubleLE(NUMBER_BYTES)
  state.moments.usedRows = bytes.readDoubleLE(2 * NUMBER_BYTES)
  return state
}
