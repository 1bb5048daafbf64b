import { expect, test } from 'vitest'
import type { NetworkDefinition } from '../../../models/network/definition.ts'
import { networkHash } from '../../../models/network/network-hash.ts'
import { parameterSlots } from '../../../models/network/parameters.ts'
import { HEAVY_NETWORK, LIGHT_NETWORK } from '../../../models/rankers.ts'
import { RowLayout } from '../../../models/row/row-layout.ts'
import { age, log } from '../../../models/row/transform.ts'

const { row, sums, heads } = HEAVY_NETWORK
const [first, ...others] = sums

/** Networks whose parameters have the shapes of the heavy ranker's, and mean something else. */
const LIKE_IT: Readonly<Record<string, NetworkDefinition>> = {
  'a column is read otherwise': {
    ...HEAVY_NETWORK,
    row: new RowLayout(
      row.name,
      row.columns.map((column, index) => (index === 0 ? { ...column, transform: age(7, 7) } : column)),
    ),
  },
  'a sum has another factor': {
    ...HEAVY_NETWORK,
    sums: [
      {
        ...first!,
        terms: Object.fromEntries(Object.entries(first!.terms).map(([name, by]) => [name, 2 * by])),
      },
      ...others,
    ],
  },
  'a sum is read otherwise': { ...HEAVY_NETWORK, sums: [{ ...first!, transform: log(7) }, ...others] },
  'a head answers something else': {
    ...HEAVY_NETWORK,
    heads: heads.map(({ name }, index) => ({ name, output: index === 0 ? 'score' : 'probability' })),
  },
  'two heads have changed places': { ...HEAVY_NETWORK, heads: heads.toReversed() },
}

test.each(Object.entries(LIKE_IT))(
  'a network is another one where %s, though its parameters line up',
  (_, other) => {
    const shapesOf = (network: NetworkDefinition): unknown => parameterSlots(network)
    expect(shapesOf(other)).toEqual(shapesOf(HEAVY_NETWORK))
    expect(networkHash(other)).not.toBe(networkHash(HEAVY_NETWORK))
  },
)

test('a network keeps its name whatever it is called, and no two rankers have one', () => {
  expect(networkHash({ ...HEAVY_NETWORK, name: 'other' })).toBe(networkHash(HEAVY_NETWORK))
  expect(networkHash(LIGHT_NETWORK)).not.toBe(networkHash(HEAVY_NETWORK))
})
