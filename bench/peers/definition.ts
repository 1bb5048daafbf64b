import { embeddingWidth, type NetworkDefinition } from '../../models/network/definition.ts'
import { DEVIATIONS_MAX } from '../../models/network/forward.ts'
import { ParameterLayout } from '../../models/network/parameter-layout.ts'
import { isCurved, LINEAR_MAX } from '../../models/row/transform.ts'

/**
 * A network as bench/peers/network.py reads it. Of networks with one layer in experts and towers, sums and
 * embeddings: the heavy ranker is one.
 */
export const peerDefinition = (definition: NetworkDefinition): object => {
  const { row, sums, heads, deep, embeddings } = definition
  const columns = row.columns.map(({ name, transform }, index) => ({ name, transform, index }))
  const curved = columns.flatMap(({ name, transform, index }) =>
    isCurved(transform)
      ? [
          {
            name,
            index,
            scale: 1 / transform.per,
            below: transform.kind === 'age' ? transform.max : 0,
            highest: transform.max,
          },
        ]
      : [],
  )
  return {
    columns: {
      curved,
      linear: columns.filter(({ transform }) => !isCurved(transform)).map(({ index }) => index),
      linearMax: LINEAR_MAX,
      sums: {
        factors: curved.map(({ name }) => sums.map(({ terms }) => terms[name] ?? 0)),
        scale: sums.map(({ transform }) => 1 / transform.per),
        highest: sums.map(({ transform }) => transform.max),
      },
    },
    heads: heads.length,
    isTime: heads.map(({ output }) => output === 'seconds'),
    experts: deep!.experts.count,
    units: deep!.experts.layers[0],
    dimensions: embeddings!.dimensions,
    vectors: embeddingWidth(embeddings!),
    width: row.width,
    deviationsMax: DEVIATIONS_MAX,
    parameters: new ParameterLayout(definition).learned.map(({ name, shape }) => [name, shape]),
  }
}
