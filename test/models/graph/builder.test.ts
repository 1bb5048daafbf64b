import { expect, test } from 'vitest'
import { GraphBuilder } from '../../../models/graph/builder.ts'

const builder = (): GraphBuilder => new GraphBuilder('test')

test('a graph lists what it reads, does and answers, in order', () => {
  const graph = builder()
  const input = graph.input('x', ['rows', 2])
  const weights = graph.parameter('w', [2, 3], new Float32Array(6))
  const sum = graph.add(graph.matMul(input, weights), graph.scalar('b', 1))
  const output = graph.named(graph.relu(sum), 'y')
  const built = graph.build([output])
  expect(built.inputs).toEqual([input])
  expect(built.outputs).toEqual([{ name: 'y', type: 'float32', shape: ['rows', 3] }])
  expect(built.nodes.map(({ operator }) => operator)).toEqual(['MatMul', 'Add', 'Relu'])
  expect(built.initialisers.map(({ value, isParameter }) => [value.name, isParameter])).toEqual([
    ['w', true],
    ['b', false],
  ])
})

test('a comparison answers flags, and only its operands decide its shape', () => {
  const graph = builder()
  const input = graph.input('x', ['rows', 2])
  expect(graph.less(input, graph.scalar('zero', 0))).toMatchObject({ type: 'bool', shape: ['rows', 2] })
})

test('slices and concatenations add up', () => {
  const graph = builder()
  const input = graph.input('x', ['rows', 5])
  const parts = [graph.slice(input, 0, 2), graph.slice(input, 4, 5)]
  expect(parts.map(({ shape }) => shape)).toEqual([
    ['rows', 2],
    ['rows', 1],
  ])
  expect(graph.concat(parts).shape).toEqual(['rows', 3])
  expect(graph.concat([input])).toBe(input)
})

test('what cannot be is refused where it is said', () => {
  const graph = builder()
  const input = graph.input('x', ['rows', 2])
  expect(() => graph.input('x', [1])).toThrow('NETWORK_INVALID: two values are called x')
  expect(() => graph.parameter('w', [2, 2], new Float32Array(3))).toThrow('w is [2, 2] and has 3 elements')
  expect(() => graph.add(input, graph.constant('c', [3], new Float32Array(3)))).toThrow(
    'NETWORK_INVALID: Add',
  )
  expect(() => graph.transpose(input, [0, 0])).toThrow('NETWORK_INVALID: Transpose')
  expect(() => graph.transpose(input, [0, 2])).toThrow('NETWORK_INVALID: Transpose')
  expect(() => graph.concat([])).toThrow('NETWORK_INVALID: Concat of nothing')
  expect(() => graph.slice(input, 1, 3)).toThrow('NETWORK_INVALID: Slice')
  expect(() => graph.sum(input, [2])).toThrow('NETWORK_INVALID: ReduceSum')
  expect(() => graph.sum(input, [0, 0])).toThrow('NETWORK_INVALID: ReduceSum')
})
