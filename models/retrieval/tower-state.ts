import { ModelError } from '../errors.ts'
import { SamplingFrequency } from './sampling-frequency.ts'
import { beginTowers, type TowerState } from './tower-learner.ts'

/** `f64 steps`, then every array of the state, float32s as they lie in memory. */
const HEADER_BYTES = 8
const FLOAT_BYTES = 4

const arraysOf = ({ parameters, means, squares, frequency }: TowerState): readonly Float32Array[] => [
  parameters,
  means,
  squares,
  frequency.lastMet,
  frequency.intervals,
  frequency.meetings,
]

/** Everything that learning goes on from, for a checkpoint. */
export const encodeTowerState = (state: TowerState): Buffer => {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeDoubleLE(state.steps)
  return Buffer.concat([
    header,
    ...arraysOf(state).map(
      ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
    ),
  ])
}

/** Throws `CHECKPOINT_OTHER` for bytes that are no state of these towers. */
export const decodeTowerState = (bytes: Buffer): TowerState => {
  const lengths = arraysOf(beginTowers()).map(({ length }) => length)
  const expected = HEADER_BYTES + lengths.reduce((sum, length) => sum + length * FLOAT_BYTES, 0)
  if (bytes.length !== expected) {
    throw new ModelError('CHECKPOINT_OTHER', `towers of ${bytes.length} bytes, ${expected} are needed`)
  }
  const floats = new Float32Array(new Uint8Array(bytes.subarray(HEADER_BYTES)).buffer)
  let at = 0
  const next = (length: number): Float32Array<ArrayBuffer> => floats.slice(at, (at += length))
  const [parameters, means, squares, lastMet, intervals, meetings] = lengths.map(next)
  return {
    steps: bytes.readDoubleLE(),
    parameters: parameters!,
    means: means!,
    squares: squares!,
    frequency: new SamplingFrequency(lastMet, intervals, meetings),
  }
}
