import { ModelError } from '../errors.ts'
import {
  type Attribute,
  type Dimension,
  type ElementType,
  type Graph,
  type Initialiser,
  type Node,
  type Operator,
  type Shape,
  sizeOf,
  type Value,
} from './graph.ts'
import { broadcast, matMulShape, reshaped } from './shapes.ts'

/**
 * Builds a graph operator by operator. Throws `NETWORK_INVALID` where shapes do not fit, naming the operator:
 * at the line that is wrong and not when the graph is loaded.
 */
export class GraphBuilder {
  private readonly name: string
  private readonly inputs: Value[] = []
  private readonly nodes: Node[] = []
  private readonly initialisers: Initialiser[] = []
  private readonly names = new Set<string>()

  constructor(name: string) {
    this.name = name
  }

  input(name: string, shape: Shape, type: ElementType = 'float32'): Value {
    const value = this.value(name, type, shape)
    this.inputs.push(value)
    return value
  }

  /** A tensor that is learned. */
  parameter(name: string, shape: Shape, data: Float32Array): Value {
    return this.initialiser({ value: this.value(name, 'float32', shape), data, isParameter: true })
  }

  constant(name: string, shape: Shape, data: Float32Array): Value {
    return this.initialiser({ value: this.value(name, 'float32', shape), data, isParameter: false })
  }

  scalar(name: string, number: number): Value {
    return this.constant(name, [], Float32Array.of(number))
  }

  flags(name: string, flags: readonly boolean[]): Value {
    const value = this.value(name, 'bool', [flags.length])
    return this.initialiser({ value, data: Uint8Array.from(flags, Number), isParameter: false })
  }

  add = this.elementwise('Add')
  subtract = this.elementwise('Sub')
  multiply = this.elementwise('Mul')
  maximum = this.elementwise('Max')
  minimum = this.elementwise('Min')
  less = this.elementwise('Less', 'bool')

  exp = this.unary('Exp')
  log = this.unary('Log')
  relu = this.unary('Relu')
  sigmoid = this.unary('Sigmoid')

  /** one where the condition holds, other elsewhere; all broadcast together. */
  where(condition: Value, one: Value, other: Value): Value {
    const shape = broadcast('Where', broadcast('Where', condition.shape, one.shape), other.shape)
    return this.node('Where', [condition, one, other], shape)
  }

  /** Every element brought between two bounds. */
  clip(value: Value, lowest: number, highest: number): Value {
    const bounds = [lowest, highest].map((bound) => this.number(bound))
    return this.node('Clip', [value, ...bounds], value.shape)
  }

  /** Elements from start to end, not including it, along the last dimension. */
  slice(value: Value, start: number, end: number): Value {
    const width = value.shape.at(-1)
    if (typeof width !== 'number' || start < 0 || start >= end || end > width) {
      throw new ModelError('NETWORK_INVALID', `Slice of [${value.shape.join(', ')}] from ${start} to ${end}`)
    }
    const operands = [start, end, -1].map((number) => this.integers([number]))
    return this.node('Slice', [value, ...operands], [...value.shape.slice(0, -1), end - start])
  }

  /** […, m, k] × […, k, n] = […, m, n], leading dimensions broadcast. */
  matMul(one: Value, other: Value): Value {
    return this.node('MatMul', [one, other], matMulShape(one.shape, other.shape))
  }

  /** Over the last dimension. */
  softmax(value: Value): Value {
    return this.node('Softmax', [value], value.shape, { axis: -1 })
  }

  /** Along the last dimension. */
  concat(values: readonly Value[]): Value {
    const [first] = values
    if (first === undefined) throw new ModelError('NETWORK_INVALID', 'Concat of nothing')
    if (values.length === 1) return first
    const width = values.reduce((sum, { shape }) => sum + sizeOf(shape.slice(-1)), 0)
    return this.node('Concat', values, [...first.shape.slice(0, -1), width], { axis: -1 })
  }

  transpose(value: Value, order: readonly number[]): Value {
    const shape = order.map((from) => value.shape[from]!)
    if (new Set(order).size !== value.shape.length || shape.includes(undefined!)) {
      throw new ModelError(
        'NETWORK_INVALID',
        `Transpose of [${value.shape.join(', ')}] by [${order.join(', ')}]`,
      )
    }
    return this.node('Transpose', [value], shape, { perm: order })
  }

  /** At most one dimension of the new shape may be known only at run time. */
  reshape(value: Value, shape: Shape): Value {
    return this.node('Reshape', [value, this.integers(reshaped(value.shape, shape))], shape)
  }

  /** A value under a name of its own, as an output. */
  named(value: Value, name: string): Value {
    const last = this.nodes.at(-1)
    if (last?.output !== value) throw new ModelError('NETWORK_INVALID', `${name}: name a value as it is made`)
    const output = this.value(name, value.type, value.shape)
    this.nodes[this.nodes.length - 1] = { ...last, output }
    return output
  }

  build(outputs: readonly Value[]): Graph {
    const { name, inputs, nodes, initialisers } = this
    return { name, inputs, outputs, nodes, initialisers }
  }

  private elementwise(operator: Operator, type?: ElementType): (one: Value, other: Value) => Value {
    return (one, other) =>
      this.node(operator, [one, other], broadcast(operator, one.shape, other.shape), {}, type)
  }

  private unary(operator: Operator): (value: Value) => Value {
    return (value) => this.node(operator, [value], value.shape)
  }

  private node(
    operator: Operator,
    inputs: readonly Value[],
    shape: readonly Dimension[],
    attributes: Readonly<Record<string, Attribute>> = {},
    type: ElementType = 'float32',
  ): Value {
    const output: Value = { name: this.nextName(operator.toLowerCase()), type, shape }
    this.nodes.push({ operator, inputs, output, attributes })
    return output
  }

  private initialiser(initialiser: Initialiser): Value {
    const { value, data } = initialiser
    if (data.length !== sizeOf(value.shape)) {
      throw new ModelError(
        'NETWORK_INVALID',
        `${value.name} is [${value.shape.join(', ')}] and has ${data.length} elements`,
      )
    }
    this.initialisers.push(initialiser)
    return value
  }

  private number(number: number): Value {
    const value: Value = { name: this.nextName('number'), type: 'float32', shape: [] }
    return this.initialiser({ value, data: Float32Array.of(number), isParameter: false })
  }

  private integers(numbers: readonly number[]): Value {
    const value: Value = { name: this.nextName('integers'), type: 'int64', shape: [numbers.length] }
    return this.initialiser({ value, data: BigInt64Array.from(numbers, BigInt), isParameter: false })
  }

  private value(name: string, type: ElementType, shape: Shape): Value {
    if (this.names.has(name)) throw new ModelError('NETWORK_INVALID', `two values are called ${name}`)
    this.names.add(name)
    return { name, type, shape }
  }

  private nextName(stem: string): string {
    const name = `${stem}_${this.names.size}`
    this.names.add(name)
    return name
  }
}
