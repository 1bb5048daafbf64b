import { sha256Of } from '../snapshot/manifest.ts'
import type { NetworkDefinition } from './definition.ts'
import { parameterSlots } from './parameters.ts'

/**
 * Names all that a network's parameters hang on: columns and how each is read, sums, heads and what they answer, layers
 * and vectors. State that was learned by a network of another name may line up, and would mean something else.
 */
export const networkHash = (definition: NetworkDefinition): string => {
  const { row, sums, heads, deep, embeddings } = definition
  const slots = parameterSlots(definition).map(({ name, shape, isLearned }) => [name, shape, isLearned])
  const content = [
    row.columns.map(({ name, transform }) => [name, transform]),
    sums.map(({ name, terms, transform }) => [name, Object.entries(terms), transform]),
    heads.map(({ name, output }) => [name, output]),
    deep ?? null,
    embeddings ?? null,
    slots,
  ]
  return sha256Of(Buffer.from(JSON.stringify(content)))
}
