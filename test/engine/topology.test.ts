import { describe, expect, it } from 'vitest'
import { on, type Mapper, type Processor, type StateLayout } from '../../engine/processor.ts'
import type { Topic } from '../../engine/topic.ts'
import { compose, keySpaceOf, node, plansOf, topicsOf, topology, type Node } from '../../engine/topology.ts'
import {
  byAuthor,
  byMinute,
  byPair,
  closings,
  counting,
  taps,
  toTotals,
  totals,
  type Tap,
} from './counting.ts'

const layout: StateLayout<null> = { version: 1, create: () => null, read: () => null, write: () => false }

const processor = (changes: Partial<Processor<null>> = {}): Node =>
  node<null>({
    name: 'sample',
    about: 'a sample',
    state: layout,
    outputs: [],
    handlers: [on<Tap, null>({ input: taps, key: (tap, key) => key.id(tap.user), process: () => false })],
    ...changes,
  })

const reading = <Value>(input: Topic<Value>): Processor<null>['handlers'][number] =>
  on<Value, null>({ input, key: () => false, process: () => false })

const refused = (nodes: readonly Node[]): string => {
  try {
    topology('sample', 'a sample', nodes)
    return 'taken'
  } catch (error) {
    return String(error)
  }
}

describe('a topology', () => {
  it('is split into one task plan a key space, each with its inputs once', () => {
    const plans = plansOf(counting).map(({ keySpace, nodes, inputs }) => ({
      keySpace,
      nodes: nodes.map(({ name }) => name),
      inputs: inputs.map(({ name }) => name),
    }))
    expect(plans).toEqual([
      { keySpace: 'author', nodes: ['by-author'], inputs: ['totals'] },
      { keySpace: 'user', nodes: ['by-pair', 'by-minute', 'to-totals'], inputs: ['taps'] },
    ])
  })

  it('knows every topic it reads or writes, by name', () => {
    expect(topicsOf(counting)).toEqual([closings, taps, totals])
  })

  it('is made of others, and a node that several need is in it once', () => {
    const one = topology('one', 'one', [node(byPair), node(byMinute)])
    const shared = one.nodes[0]!
    const other = topology('other', 'other', [shared, node<Tap>(toTotals), node(byAuthor)])
    const whole = compose('whole', 'both', [one, other])
    expect(whole.nodes.map(({ name }) => name)).toEqual(['by-pair', 'by-minute', 'to-totals', 'by-author'])
    expect(whole.nodes.map(keySpaceOf)).toEqual(['user', 'user', 'user', 'author'])
  })

  it.each(['', 'By-pair', 'by_pair', '1st', 'by pair', 'é', 'a'.repeat(65), '__proto__', 'engine:timers'])(
    'refuses the node name %j',
    (name) => {
      expect(refused([processor({ name })])).toMatch(/TOPOLOGY_INVALID: sample: .* is no node name/)
    },
  )

  it('refuses two nodes of one name', () => {
    expect(refused([processor(), processor()])).toMatch('two nodes are called "sample": rename one')
  })

  it('refuses two handlers for one topic', () => {
    expect(refused([processor({ handlers: [reading(taps), reading(taps)] })])).toMatch(
      '"sample" has two handlers for one topic: make them one',
    )
  })

  it('refuses a node that reads nothing', () => {
    expect(refused([processor({ handlers: [] })])).toMatch('"sample" reads no topic')
  })

  it('refuses a node that reads topics of two key spaces', () => {
    expect(refused([processor({ handlers: [reading(taps), reading(totals)] })])).toMatch(
      'reads topics keyed by user and author: rekey one of them',
    )
  })

  it.each([0, 256, -1, NaN, 1.5])('refuses the state version %d', (version) => {
    expect(refused([processor({ state: { ...layout, version } })])).toMatch(
      'state version of "sample" must be',
    )
  })

  it.each([-1, NaN])('refuses a topic with the grace %d', (graceMs) => {
    expect(refused([processor({ handlers: [reading({ ...taps, graceMs })] })])).toMatch('needs a grace')
  })

  it('refuses one topic declared in two ways', () => {
    const declared = (changes: Partial<Topic<Tap>>): string => {
      const mapper: Mapper<Tap> = { ...toTotals, name: 'other', input: { ...taps, ...changes } }
      return refused([processor(), node<Tap>(mapper)])
    }
    expect(declared({})).toBe('taken')
    expect(declared({ keySpace: 'author' })).toMatch('topic "taps" is declared twice, with another keySpace')
    expect(declared({ graceMs: 1 })).toMatch('topic "taps" is declared twice, with another graceMs')
    expect(declared({ visibility: 'internal' })).toMatch('with another visibility')
    expect(declared({ isEcho: true })).toMatch('with another isEcho')
    expect(declared({ fold: totals.fold! })).toMatch('with another fold')
  })
})
