import { inputColumns } from '../network/definition.ts'
import { ParameterLayout } from '../network/parameter-layout.ts'
import type { Learned } from './train-step.ts'

const MEAN = 'normalise.mean'
const SCALE = 'normalise.scale'

/** Layers that read normalised columns: where their weights are and where their bias is, which linear weights share. */
const READERS = [
  { weights: 'linear.weights', bias: 'wide.bias' },
  { weights: 'gates.weights', bias: 'gates.bias' },
  { weights: 'experts.0.weights', bias: 'experts.0.bias' },
] as const

/** What renormalising changes. */
type Renormalised = Pick<Learned, 'definition' | 'parameters' | 'means' | 'squares' | 'given'>

/**
 * Sets means and scales of the columns anew under a network with a deep part, and what was learned with them, so that it
 * answers as before. A weight w of a column (x − m)·s becomes w·s/s′ of (x − m′)·s′, and what is left of the difference,
 * (m′ − m)·s·w, the layer's bias. A gradient of w becomes s′/s times itself less (m′ − m)·s of the bias's, and so does
 * Adam's average of them; the average of their squares becomes that of both parts, as if they had nothing to do with each
 * other. It must not be left out: of a column that never varied it is 0, and a step along an average that is not, of a
 * head whose next gradient is long in coming, has no bound. Columns that are cut on one side of the change and not on the
 * other (`DEVIATIONS_MAX`) answer otherwise.
 */
export const renormalise = (learned: Renormalised, means: Float32Array, scales: Float32Array): void => {
  const { definition, parameters, means: averages, squares, given } = learned
  const columns = inputColumns(definition).length
  const [oldMeans, oldScales] = [given.get(MEAN)!, given.get(SCALE)!]
  const slots = new Map(new ParameterLayout(definition).learned.map((slot) => [slot.name, slot]))
  for (const layer of READERS) {
    const { from, to } = slots.get(layer.weights)!
    const biasFrom = slots.get(layer.bias)!.from
    const units = (to - from) / columns
    for (let column = 0; column < columns; column++) {
      const ratio = oldScales[column]! / scales[column]!
      const moved = (means[column]! - oldMeans[column]!) * oldScales[column]!
      for (let unit = 0; unit < units; unit++) {
        const at = from + column * units + unit
        const bias = biasFrom + unit
        parameters[bias]! += moved * parameters[at]!
        parameters[at]! *= ratio
        averages[at] = (averages[at]! - moved * averages[bias]!) / ratio
        squares[at] = (squares[at]! + moved * moved * squares[bias]!) / (ratio * ratio)
      }
    }
  }
  normalise(learned, means, scales)
}

/** Sets means and scales anew, and nothing else: the network answers otherwise than before. */
export const normalise = (
  { given }: Pick<Learned, 'given'>,
  means: Float32Array,
  scales: Float32Array,
): void => {
  given.set(MEAN, means)
  given.set(SCALE, scales)
}
