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
import { broadcast, matMulShape, reducedShape, reshaped } from './shapes.ts'

/** ONNX's numbers of element types, as Cast takes them. */
const FLOAT = 1
const BOOL = 9

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
  private readonly numbers = new Map<number, Value>()

  constructor(name: string) {
    this.name = name
  }

  /** What was added so far, in order: what gradients are derived from. */
  get added(): readonly Node[] {
    return [...this.nodes]
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

  /** A constant scalar without a name of its own; the same number is one constant. */
  number(number: number): Value {
    const known = this.numbers.get(number)
    if (known !== undefined) return known
    const value: Value = { name: this.nextName('number'), type: 'float32', shape: [] }
    this.numbers.set(number, value)
    return this.initialiser({ value, data: Float32Array.of(number), isParameter: false })
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
  divide = this.elementwise('Div')
  maximum = this.elementwise('Max')
  minimum = this.elementwise('Min')
  less = this.elementwise('Less', 'bool')

  exp = this.unary('Exp')
  log = this.unary('Log')
  negate = this.unary('Neg')
  sqrt = this.unary('Sqrt')
  relu = this.unary('Relu')
  sigmoid = this.unary('Sigmoid')
  /** ln(1 + e^x), without overflow. */
  softplus = this.unary('Softplus')

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

  /** Numbers that an operator was given as an operand, such as where a slice begins. */
  integersOf(value: Value): readonly number[] {
    const data = this.initialisers.find((initialiser) => initialiser.value === value)?.data
    if (data instanceof BigInt64Array) return Array.from(data, Number)
    throw new ModelError('NETWORK_INVALID', `${value.name} is no constant of integers`)
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

  /** As `matMul` of int8 values, summed in int32. */
  matMulInteger(one: Value, other: Value): Value {
    return this.node('MatMulInteger', [one, other], matMulShape(one.shape, other.shape), {}, 'int32')
  }

  toFloat(value: Value): Value {
    return this.node('Cast', [value], value.shape, { to: FLOAT })
  }

  /** The greatest `count` (int64, [1]) of a vector, greatest first, and where they lie. */
  topK(value: Value, count: Value): { readonly values: Value; readonly indices: Value } {
    const found: Shape = ['found']
    const indices: Value = { name: this.nextName('indices'), type: 'int64', shape: found }
    const values: Value = { name: this.nextName('values'), type: 'float32', shape: found }
    const inputs = [value, count]
    this.nodes.push({ operator: 'TopK', inputs, output: values, secondOutput: indices, attributes: {} })
    return { values, indices }
  }

  /** Over axes counted from 0, all of them where none are named; they stay with length 1 where `keepsAxes`. */
  sum(value: Value, axes: readonly number[] = [...value.shape.keys()], keepsAxes = false): Value {
    if (axes.length === 0) return value
    const kept = reducedShape(value.shape, axes)
    const sum = this.node('ReduceSum', [value, this.integers(axes)], kept, { keepdims: 1 })
    return keepsAxes
      ? sum
      : this.reshape(
          sum,
          value.shape.filter((_, axis) => !axes.includes(axis)),
        )
  }

  /** 1 where a value is not 0, and 0 where it is. */
  isNonZero(value: Value): Value {
    const flags = this.node('Cast', [value], value.shape, { to: BOOL }, 'bool')
    return this.node('Cast', [flags], value.shape, { to: FLOAT })
  }

  /** Repeated to the shape that another value has when the graph runs. */
  expand(value: Value, like: Value): Value {
    const shape = this.node('Shape', [like], [like.shape.length], {}, 'int64')
    return this.node('Expand', [value, shape], broadcast('Expand', value.shape, like.shape))
  }

  /** Zeros before and after, along the last dimension. */
  pad(value: Value, before: number, after: number): Value {
    const others = value.shape.slice(1).map(() => 0)
    const pads = this.integers([...others, before, ...others, after])
    const width = before + sizeOf(value.shape.slice(-1)) + after
    return this.node('Pad', [value, pads], [...value.shape.slice(0, -1), width])
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

  /** A value under a name of its own, as an output. What was just made is renamed, all else copied. */
  named(value: Value, name: string): Value {
    const last = this.nodes.at(-1)
    const output = this.value(name, value.type, value.shape)
    if (last?.output === value) this.nodes[this.nodes.length - 1] = { ...last, output }
    else this.nodes.push({ operator: 'Identity', inputs: [value], output, attributes: {} })
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
