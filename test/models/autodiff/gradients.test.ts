import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { gradientsOf } from '../../../models/autodiff/gradients.ts'
import { RULES } from '../../../models/autodiff/rules.ts'
import { GraphBuilder } from '../../../models/graph/builder.ts'
import type { Value } from '../../../models/graph/graph.ts'
import { differenceOf, type Given, gradientsTwice, type Tensors } from './numeric.ts'

/** Central differences in float32 are good to about this. */
const TOLERANCE = 2e-3

const random = new Random(1)

/**
 * Numbers from 0.3 to 2 in steps that keep any two further apart than a difference reaches, some negative:
 * those of a tensor, and with a shift those of two.
 */
const tensor = (shape: readonly number[], sign: 'any' | 'positive' = 'any', shift = 0): Given => {
  const size = shape.reduce((product, length) => product * length, 1)
  const steps = Array.from({ length: size }, (_, index) => 0.3 + shift + (1.7 * (index + 0.5)) / size)
  for (let index = size - 1; index > 0; index--) {
    const other = random.below(index + 1)
    ;[steps[index], steps[other]] = [steps[other]!, steps[index]!]
  }
  return {
    shape,
    data: Float32Array.from(steps, (step) => (sign === 'any' && random.chance(0.5) ? -step : step)),
  }
}

const pair = (operator: (graph: GraphBuilder) => (one: Value, other: Value) => Value): Tensors => {
  return (graph, [one, other]) => operator(graph)(one!, other!)
}
const single = (operator: (graph: GraphBuilder) => (value: Value) => Value): Tensors => {
  return (graph, [value]) => operator(graph)(value!)
}

const PAIRS: Readonly<Record<string, Tensors>> = {
  Add: pair((graph) => graph.add),
  Sub: pair((graph) => graph.subtract),
  Mul: pair((graph) => graph.multiply),
  Div: pair((graph) => graph.divide),
  Max: pair((graph) => graph.maximum),
  Min: pair((graph) => graph.minimum),
  Where: (graph, [one, other]) => graph.where(graph.less(one!, graph.number(0)), one!, other!),
}

const SINGLES: Readonly<Record<string, Tensors>> = {
  Neg: single((graph) => graph.negate),
  Exp: single((graph) => graph.exp),
  Log: single((graph) => graph.log),
  Sqrt: single((graph) => graph.sqrt),
  Relu: single((graph) => graph.relu),
  Sigmoid: single((graph) => graph.sigmoid),
  Softplus: single((graph) => graph.softplus),
  Softmax: (graph, [value]) => graph.softmax(value!),
  Clip: (graph, [value]) => graph.clip(value!, -0.87, 1.01),
  Identity: (graph, [value]) => graph.named(graph.add(graph.named(value!, 'copy'), value!), 'sum'),
  ReduceSum: (graph, [value]) => graph.multiply(graph.sum(value!, [1], true), value!),
  'ReduceSum without its axes': (graph, [value]) =>
    graph.multiply(graph.sum(value!, [0, 2]), graph.sum(value!)),
  Reshape: (graph, [value]) => graph.softmax(graph.reshape(value!, ['rows', 6])),
  Transpose: (graph, [value]) => graph.softmax(graph.transpose(value!, [2, 0, 1])),
  Slice: (graph, [value]) => graph.multiply(graph.slice(value!, 1, 2), graph.slice(value!, 0, 2)),
  Concat: (graph, [value]) => graph.softmax(graph.concat([value!, graph.exp(value!), value!])),
}

describe('the gradient of each operator is the slope that a small difference shows', () => {
  test.each(Object.entries(PAIRS))('%s, whatever is broadcast', async (_, operator) => {
    for (const [one, other] of [
      [
        [3, 2],
        [3, 2],
      ],
      [[3, 2], [2]],
      [[2], [3, 2]],
      [[3, 2], []],
      [
        [3, 1, 2],
        [4, 1],
      ],
    ]) {
      const given = [tensor(one!), tensor(other!, 'any', 0.11)]
      expect(differenceOf(await gradientsTwice(operator, given))).toBeLessThan(TOLERANCE)
    }
  })

  test.each(Object.entries(SINGLES))('%s', async (name, operator) => {
    const given = [tensor([4, 3, 2], name === 'Log' || name === 'Sqrt' ? 'positive' : 'any')]
    expect(differenceOf(await gradientsTwice(operator, given, [0]))).toBeLessThan(TOLERANCE)
  })

  test('MatMul, of matrices and of stacks of them', async () => {
    const operator: Tensors = (graph, [one, other]) => graph.matMul(one!, other!)
    for (const [one, other] of [
      [
        [4, 3],
        [3, 2],
      ],
      [
        [5, 4, 3],
        [5, 3, 2],
      ],
      [
        [5, 4, 3],
        [3, 2],
      ],
      [
        [1, 4, 3],
        [5, 3, 2],
      ],
    ]) {
      const given = [tensor(one!), tensor(other!)]
      expect(differenceOf(await gradientsTwice(operator, given))).toBeLessThan(TOLERANCE)
    }
  })

  test('no operator is left out: each has a rule that is tested, hands nothing on, or is refused', () => {
    const tested = new Set([...Object.keys(PAIRS), ...Object.keys(SINGLES), 'MatMul', 'Less'])
    for (const [operator, rule] of Object.entries(RULES)) {
      expect(rule !== null, operator).toBe(tested.has(operator))
    }
  })
})

describe('gradients', () => {
  const graphOf = (): { graph: GraphBuilder; one: Value; other: Value } => {
    const graph = new GraphBuilder('test')
    return { graph, one: graph.input('one', [2]), other: graph.input('other', [2]) }
  }

  test('are derived only between the values and the scalar', () => {
    const { graph, one, other } = graphOf()
    const scalar = graph.sum(graph.multiply(graph.exp(one), other))
    const before = graph.added.length
    gradientsOf(graph, scalar, [other])
    const after = graph.added.slice(before)
    expect(after.map(({ operator }) => operator)).not.toContain('Exp')
    expect(after.filter(({ operator }) => operator === 'Mul')).toHaveLength(1)
  })

  test('are of scalars, of what they depend on, through what can be differentiated', () => {
    const { graph, one, other } = graphOf()
    expect(() => gradientsOf(graph, one, [one])).toThrow('NETWORK_INVALID: gradients of [2]')
    const scalar = graph.sum(one)
    expect(() => gradientsOf(graph, scalar, [other])).toThrow('does not depend on other')
    const cast = graph.sum(graph.isNonZero(one))
    expect(() => gradientsOf(graph, cast, [one])).toThrow('NETWORK_INVALID: Cast has no gradient')
  })
})
