import type { GraphBuilder } from '../graph/builder.ts'
import type { Value } from '../graph/graph.ts'
import type { Transform } from '../row/transform.ts'
import { inputColumns, type NetworkDefinition } from './definition.ts'

/**
 * The transforms of all columns, in the graph: raw rows [rows, columns of the row] to [rows, columns of the
 * row and sums]. A handful of operators over the whole matrix, with a constant a column, is several times
 * faster than gathering the columns of each kind.
 */
export const transformed = (graph: GraphBuilder, definition: NetworkDefinition, rows: Value): Value => {
  const all = inputColumns(definition).map((column) => column.transform)
  const ofRow = definition.row.columns.map((column) => column.transform)
  const scaled = bounded(
    graph,
    'row',
    ofRow,
    graph.multiply(
      rows,
      perColumn(graph, 'row.scale', ofRow, (each) => 1 / each.per),
    ),
  )
  const inputs =
    definition.sums.length === 0 ? scaled : graph.concat([scaled, sums(graph, definition, scaled)])

  const logarithm = graph.log(graph.add(inputs, graph.scalar('one', 1)))
  const curved = graph.add(
    graph.multiply(logarithm, perColumn(graph, 'curve.slope', all, slopeOf)),
    perColumn(graph, 'curve.start', all, (each) => (each.kind === 'recency' ? 1 : 0)),
  )
  const zero = graph.scalar('zero', 0)
  const isCurved = graph.flags(
    'curve.of',
    all.map((each) => each.kind !== 'linear'),
  )
  // Below zero lies what never was, of columns that are read by recency only: the others are bounded by 0.
  return graph.where(isCurved, graph.where(graph.less(inputs, zero), zero, curved), inputs)
}

/** 1 − ln(1 + z) / ln(1 + max) for recency, ln(1 + z) for the rest. */
const slopeOf = ({ kind, max }: Transform): number => (kind === 'recency' ? -1 / Math.log1p(max) : 1)

/** −1 still tells never from now. */
const LOWEST: Readonly<Record<Transform['kind'], (max: number) => number>> = {
  linear: (max) => -max,
  log: () => 0,
  recency: () => -1,
}

const bounded = (graph: GraphBuilder, name: string, transforms: readonly Transform[], value: Value): Value =>
  graph.minimum(
    graph.maximum(
      value,
      perColumn(graph, `${name}.lowest`, transforms, ({ kind, max }) => LOWEST[kind](max)),
    ),
    perColumn(graph, `${name}.highest`, transforms, ({ max }) => max),
  )

const sums = (graph: GraphBuilder, { row, sums }: NetworkDefinition, scaled: Value): Value => {
  const factors = new Float32Array(row.width * sums.length)
  for (const [index, { terms, transform }] of sums.entries()) {
    for (const [column, factor] of Object.entries(terms)) {
      factors[row.indexOf(column) * sums.length + index] = factor / transform.per
    }
  }
  const product = graph.matMul(scaled, graph.constant('sums.factors', [row.width, sums.length], factors))
  return bounded(
    graph,
    'sums',
    sums.map((sum) => sum.transform),
    product,
  )
}

const perColumn = (
  graph: GraphBuilder,
  name: string,
  transforms: readonly Transform[],
  valueOf: (transform: Transform) => number,
): Value => graph.constant(name, [transforms.length], Float32Array.from(transforms, valueOf))
