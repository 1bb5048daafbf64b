import { expect, test } from 'vitest'
import { inputsOf } from '../../engine/topology.ts'
import { everything } from '../../topologies/index.ts'

test('what everything writes it reads, but for the examples that models learn from', () => {
  const read = new Set(everything.nodes.flatMap(inputsOf).map(({ name }) => name))
  const written = everything.nodes.flatMap(({ outputs }) => outputs.map(({ name }) => name))
  expect(new Set(written.filter((name) => !read.has(name)))).toEqual(new Set(['examples']))
})
