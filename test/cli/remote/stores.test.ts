import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ServedStores } from '../../../cli/remote/stores.ts'
import { isProcessor, plansOf } from '../../../engine/topology.ts'
import { RANKING_VIEWS } from '../../../models/ranking-row.ts'
import { everything, views } from '../../../topologies/index.ts'

const served = new ServedStores(everything)
const all = everything.nodes.filter(isProcessor).map(({ name }) => name)

describe('stores that are carried to Redis', () => {
  test('are all that serving names, and all that rows for ranking are made of', () => {
    const named = new Set(
      globSync('serving/**/*.ts').flatMap((file) =>
        [...readFileSync(file, 'utf8').matchAll(/'([a-z-]+)'/g)].map(([, text]) => text!),
      ),
    )
    const read = all.filter((name) => named.has(name))
    expect(read.length).toBeGreaterThan(10)
    expect(served.names()).toEqual(expect.arrayContaining(read))
    expect(served.names()).toEqual(expect.arrayContaining(RANKING_VIEWS.map(({ name }) => name)))
  })

  test('are each of one key space, and live as long as their view says', () => {
    const spaces = plansOf(everything).map(({ keySpace }) => keySpace)
    expect(spaces.flatMap(served.namesOf).toSorted()).toEqual(served.names())
    expect(served.timeToLiveMs('user-author')).toBe(views.get('user-author')!.timeToLiveMs)
    expect(served.timeToLiveMs('connections')).toBeUndefined()
  })

  test('are not those that processors keep for themselves', () => {
    expect(served.has('label-join')).toBe(false)
    expect(all.length).toBeGreaterThan(served.names().length)
  })

  test('are kept near unless they hold a row for each pair; what many feeds read is shared', () => {
    expect([served.isKept('user-author'), served.isKept('connections'), served.isKept('post')]).toEqual([
      false,
      true,
      true,
    ])
    expect([served.isShared('connections'), served.isShared('profiles'), served.isShared('post')]).toEqual([
      false,
      true,
      true,
    ])
  })
})
