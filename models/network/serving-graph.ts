import { GraphBuilder } from '../graph/builder.ts'
import type { Graph, Value } from '../graph/graph.ts'
import type { Output } from '../heads.ts'
import { MINUTE_MS, SECOND_MS } from '../../schemas/ids.ts'
import { checkDefinition, type NetworkDefinition } from './definition.ts'
import { logits, networkInputs } from './forward.ts'
import { checkParameters, type Parameters, parameterSlots } from './parameters.ts'

/** Name of the serving graph's output. */
export const OUTPUT = 'heads'

/** Longest expected look. What a network learns to be longer is an outlier, and must not decide a feed alone. */
export const DWELL_MAX_MS = 10 * MINUTE_MS

/**
 * The graph that scores: float32 `row` [rows, columns of the row], raw as logged, and where the network has
 * embeddings float32 `embeddings` [rows, width of the vectors] and, where it reads them, `contents` [rows, width of the
 * directions], to float32 `heads` [rows, heads], each as its head's `output` says. Throws `NETWORK_INVALID`.
 */
export const servingGraph = (definition: NetworkDefinition, parameters: Parameters): Graph => {
  checkDefinition(definition)
  checkParameters(definition, parameters)
  const graph = new GraphBuilder(definition.name)
  const inputs = networkInputs(graph, definition)
  const values = new Map(
    parameterSlots(definition).map(({ name, shape }) => [
      name,
      graph.parameter(name, shape, parameters.get(name)!),
    ]),
  )
  const output = answers(
    graph,
    definition,
    logits(graph, definition, (name) => values.get(name)!, inputs),
  )
  return graph.build([graph.named(output, OUTPUT)])
}

const answers = (graph: GraphBuilder, { heads }: NetworkDefinition, logits: Value): Value => {
  const isOf = (output: Output): boolean[] => heads.map((head) => head.output === output)
  let answer = logits
  if (isOf('seconds').includes(true)) {
    const capped = graph.minimum(logits, graph.scalar('seconds.highest', Math.log(DWELL_MAX_MS)))
    const seconds = graph.multiply(graph.exp(capped), graph.scalar('seconds.per', 1 / SECOND_MS))
    answer = graph.where(graph.flags('seconds.of', isOf('seconds')), seconds, answer)
  }
  if (isOf('probability').includes(true)) {
    answer = graph.where(graph.flags('probability.of', isOf('probability')), graph.sigmoid(logits), answer)
  }
  return answer
}
