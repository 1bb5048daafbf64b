import type { GraphBuilder } from '../graph/builder.ts'
import type { Value } from '../graph/graph.ts'
import { type CurvedTransform, isCurved, LINEAR_MAX, type RowColumn } from '../row/transform.ts'
import type { NetworkDefinition } from './definition.ts'

/**
 * The transforms of all columns, in the graph: raw rows [rows, columns of the row] to [rows, input columns], in
 * the order that `inputColumns` gives. A few operators over many columns at a time, with a constant a column,
 * are several times faster than operators a column.
 */
export const transformed = (graph: GraphBuilder, definition: NetworkDefinition, rows: Value): Value => {
  const { columns } = definition.row
  const parts: Value[] = []
  const curved = columns.map((column) => column.transform).filter(isCurved)
  if (curved.length > 0) {
    const scaled = bounded(graph, 'row', select(graph, columns, 'curved', rows), curved)
    const inputs =
      definition.sums.length === 0 ? scaled : graph.concat([scaled, sums(graph, definition, scaled)])
    parts.push(graph.log(graph.add(inputs, graph.scalar('curve.one', 1))))
  }
  if (curved.length < columns.length) {
    parts.push(graph.clip(select(graph, columns, 'linear', rows), -LINEAR_MAX, LINEAR_MAX))
  }
  return graph.concat(parts)
}

/** The columns of one sort, in order. Copying runs of neighbours is fast, gathering single columns is not. */
const select = (
  graph: GraphBuilder,
  columns: readonly RowColumn[],
  sort: 'curved' | 'linear',
  rows: Value,
): Value => {
  const runs: Value[] = []
  let start = -1
  for (let index = 0; index <= columns.length; index++) {
    const column = columns[index]
    const belongs = column !== undefined && isCurved(column.transform) === (sort === 'curved')
    if (belongs && start === -1) start = index
    if (belongs || start === -1) continue
    runs.push(graph.slice(rows, start, index))
    start = -1
  }
  return graph.concat(runs)
}

/** z = x / per from 0 to max; of ages, what is below 0 is max. */
const bounded = (
  graph: GraphBuilder,
  name: string,
  value: Value,
  transforms: readonly CurvedTransform[],
): Value => {
  const constant = (of: string, valueOf: (transform: CurvedTransform) => number): Value =>
    graph.constant(`${name}.${of}`, [transforms.length], Float32Array.from(transforms, valueOf))
  const scaled = graph.multiply(
    value,
    constant('scale', ({ per }) => 1 / per),
  )
  const isBelow = graph.less(scaled, graph.scalar(`${name}.zero`, 0))
  const never = constant('below_zero', ({ kind, max }) => (kind === 'age' ? max : 0))
  return graph.minimum(
    graph.where(isBelow, never, scaled),
    constant('highest', ({ max }) => max),
  )
}

const sums = (graph: GraphBuilder, { row, sums }: NetworkDefinition, scaled: Value): Value => {
  const curved = row.columns.filter((column) => isCurved(column.transform)).map((column) => column.name)
  const factors = new Float32Array(curved.length * sums.length)
  for (const [index, { terms }] of sums.entries()) {
    for (const [column, factor] of Object.entries(terms)) {
      factors[curved.indexOf(column) * sums.length + index] = factor
    }
  }
  const products = graph.matMul(scaled, graph.constant('sums.factors', [curved.length, sums.length], factors))
  const transforms = sums.map((sum) => sum.transform)
  return bounded(graph, 'sums', products, transforms)
}
