import { expect, test } from 'vitest'
import { checkDefinition, inputColumns, type NetworkDefinition } from '../../../models/network/definition.ts'
import { NETWORKS } from '../../../models/rankers.ts'
import { RowLayout } from '../../../models/row/row-layout.ts'
import { age, linear, log } from '../../../models/row/transform.ts'

const column = { unit: 'x', about: 'Tests.' }
const row = new RowLayout('r', [
  { ...column, name: 'flag', transform: linear },
  { ...column, name: 'count', transform: log() },
  { ...column, name: 'since', transform: age(1, 10) },
])
const network: NetworkDefinition = {
  name: 'n',
  row,
  sums: [{ name: 'sum', terms: { count: 2 }, transform: log() }],
  heads: [{ name: 'h', output: 'score' }],
  deep: { experts: { count: 2, layers: [3] }, towers: { layers: [2] } },
}

test('the network reads curved columns, then sums, then linear ones', () => {
  expect(inputColumns(network).map(({ name }) => name)).toEqual(['count', 'since', 'sum', 'flag'])
})

test.each(Object.values(NETWORKS))('the $name network is as it may be', (network) => {
  expect(() => checkDefinition(network)).not.toThrow()
})

test('what cannot be is refused by name', () => {
  expect(() => checkDefinition(network)).not.toThrow()
  const refused = (changes: Partial<NetworkDefinition>, message: string): void =>
    expect(() => checkDefinition({ ...network, ...changes })).toThrow(
      `NETWORK_INVALID: network n: ${message}`,
    )
  const sum = (name: string, terms: Record<string, number>) => [{ name, terms, transform: log() }]
  const { experts, towers } = network.deep!
  refused({ heads: [] }, 'has no heads')
  refused({ heads: [...network.heads, ...network.heads] }, 'has two of h')
  refused({ sums: sum('flag', { count: 1 }) }, 'has two of flag')
  refused({ sums: sum('s', { nothing: 1 }) }, 'sum s is of nothing')
  refused({ sums: sum('s', { since: 1 }) }, 'sum s is of since, which is not read by log')
  refused({ sums: sum('s', { count: 0 }) }, 'sum s takes count times 0')
  refused({ deep: { experts: { ...experts, count: 0 }, towers } }, 'experts.count is 0')
  refused({ deep: { experts: { ...experts, layers: [] }, towers } }, 'experts.layers: use 1 to')
  refused({ embeddings: { entities: ['a'], dimensions: 2 } }, 'embeddings.entities has 1: use 2 to')
  refused({ embeddings: { entities: ['a', 'a'], dimensions: 2 } }, 'embeddings.entities names one twice')
  refused({ embeddings: { entities: ['a', 'b'], dimensions: 0 } }, 'embeddings.dimensions is 0: use 1 to')
  const embeddings = { entities: ['a', 'b'], dimensions: 2, contents: { dimensions: 257 } }
  refused({ embeddings }, 'embeddings.contents.dimensions is 257: use 1 to')
  refused({ deep: { experts, towers: { layers: [2.5] } } }, 'towers.layers has 2.5 units')
})
