/**
 * A computation over tensors, in memory: what is written as ONNX, and what gradients are derived from. Graphs
 * are made by `GraphBuilder`, which checks shapes as it goes.
 */

/** A length, or the name of one that is known only when the graph runs, such as `rows`. */
export type Dimension = number | string
export type Shape = readonly Dimension[]
export type ElementType = 'float32' | 'int8' | 'int32' | 'int64' | 'bool'

/** What an operator reads or answers. Compared by identity. */
export interface Value {
  readonly name: string
  readonly type: ElementType
  readonly shape: Shape
}

export type Attribute = number | readonly number[]

/** One ONNX operator; attributes that are absent have ONNX's defaults. */
export interface Node {
  readonly operator: Operator
  readonly inputs: readonly Value[]
  readonly output: Value
  /** A second answer, of the operators that have one. */
  readonly secondOutput?: Value
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** The operators in use. Each has one meaning in opset 17, the one that the builder's method states. */
export type Operator =
  | 'Add'
  | 'Cast'
  | 'Clip'
  | 'Concat'
  | 'Div'
  | 'Exp'
  | 'Expand'
  | 'Identity'
  | 'Less'
  | 'Log'
  | 'MatMul'
  | 'MatMulInteger'
  | 'Max'
  | 'Min'
  | 'Mul'
  | 'Neg'
  | 'Pad'
  | 'ReduceSum'
  | 'Relu'
  | 'Reshape'
  | 'Shape'
  | 'Sigmoid'
  | 'Slice'
  | 'Softmax'
  | 'Softplus'
  | 'Sqrt'
  | 'Sub'
  | 'TopK'
  | 'Transpose'
  | 'Where'

/** A tensor that lies in the model file. */
export interface Initialiser {
  readonly value: Value
  readonly data: Float32Array | BigInt64Array | Uint8Array
  /** Learned, as against constants that the definition fixes. */
  readonly isParameter: boolean
}

export interface Graph {
  readonly name: string
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  /** In an order in which each reads only what came before. */
  readonly nodes: readonly Node[]
  readonly initialisers: readonly Initialiser[]
}

/** Elements of a tensor. Throws where a dimension is known only at run time. */
export const sizeOf = (shape: Shape): number =>
  shape.reduce<number>((size, dimension) => {
    if (typeof dimension === 'string') throw new RangeError(`the size of [${shape.join(', ')}] is not fixed`)
    return size * dimension
  }, 1)
