import { expect, test } from 'vitest'
import { inputsOf, isProcessor } from '../../engine/topology.ts'
import { everything } from '../../topologies/index.ts'

test('what everything writes it reads, but for the examples that models learn from', () => {
  const read = new Set(everything.nodes.flatMap(inputsOf).map(({ name }) => name))
  const written = everything.nodes.flatMap(({ outputs }) => outputs.map(({ name }) => name))
  expect(new Set(written.filter((name) => !read.has(name)))).toEqual(new Set(['examples']))
})

test('where timers are set, an input that is no echo tells the time: without one they never fire', () => {
  const telling = new Set(
    everything.nodes
      .flatMap(inputsOf)
      .filter(({ isEcho }) => isEcho !== true)
      .map(({ keySpace }) => keySpace),
  )
  const timed = everything.nodes.filter((node) => isProcessor(node) && node.onTimer !== undefined)
  expect(timed.length).toBeGreaterThan(0)
  for (const node of timed) expect(telling, node.name).toContain(inputsOf(node)[0]!.keySpace)
})
