import { ModelError } from '../errors.ts'
import type { Dimension, Shape } from './graph.ts'

/** How ONNX derives shapes. Each throws `NETWORK_INVALID` for shapes that do not go together. */

/** Aligned at the end; a dimension of 1 stretches to the other's. */
export const broadcast = (operator: string, one: Shape, other: Shape): Dimension[] => {
  const rank = Math.max(one.length, other.length)
  return Array.from({ length: rank }, (_, index) => {
    const ofOne = one[index - rank + one.length] ?? 1
    const ofOther = other[index - rank + other.length] ?? 1
    if (ofOne === ofOther || ofOther === 1) return ofOne
    if (ofOne === 1) return ofOther
    throw mismatch(operator, one, other)
  })
}

export const matMulShape = (one: Shape, other: Shape): Dimension[] => {
  const [rows, inner] = one.slice(-2)
  const [innerToo, columns] = other.slice(-2)
  if (rows === undefined || columns === undefined || inner !== innerToo) throw mismatch('MatMul', one, other)
  return [...broadcast('MatMul', one.slice(0, -2), other.slice(0, -2)), rows, columns]
}

/** Axes that are summed over stay, with length 1. They count from 0 and are named once. */
export const reducedShape = (shape: Shape, axes: readonly number[]): Dimension[] => {
  const isWrong = (axis: number): boolean => !Number.isInteger(axis) || axis < 0 || axis >= shape.length
  if (axes.some(isWrong) || new Set(axes).size !== axes.length) {
    throw new ModelError('NETWORK_INVALID', `ReduceSum of [${shape.join(', ')}] over axes ${axes.join(', ')}`)
  }
  return shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension))
}

/** The operand of ONNX's Reshape for a new shape: −1 stands for the dimension known only at run time. */
export const reshaped = (from: Shape, to: Shape): number[] => {
  const isOpen = (dimension: Dimension): boolean => typeof dimension === 'string'
  const open = to.filter(isOpen)
  if (open.length > 1 || open[0] !== from.find(isOpen) || fixed(from) !== fixed(to)) {
    throw mismatch('Reshape', from, to)
  }
  return to.map((dimension) => (typeof dimension === 'string' ? -1 : dimension))
}

/** The product of the dimensions that are known. */
const fixed = (shape: Shape): number =>
  shape.reduce<number>((size, dimension) => (typeof dimension === 'string' ? size : size * dimension), 1)

const mismatch = (operator: string, one: Shape, other: Shape): ModelError =>
  new ModelError(
    'NETWORK_INVALID',
    `${operator} does not take [${one.join(', ')}] with [${other.join(', ')}]`,
  )
