import { describe, expect, it } from 'vitest'
import { describe as describeTopology, mermaid } from '../../engine/describe.ts'
import { counting } from './counting.ts'

describe('the picture of a topology', () => {
  it('as data names what is deployed: topics, stores and layout versions', () => {
    const { name, topics, nodes } = describeTopology(counting)
    expect(name).toBe('counting')
    expect(topics.map(({ name, folded, visibility }) => [name, folded, visibility])).toEqual([
      ['closings', false, 'internal'],
      ['taps', false, 'public'],
      ['totals', true, 'internal'],
    ])
    expect(nodes).toContainEqual({
      name: 'by-minute',
      kind: 'processor',
      about: 'amount by user and minute, closed by a timer',
      keySpace: 'user',
      inputs: ['taps'],
      outputs: ['closings'],
      stateVersion: 1,
    })
    expect(nodes).toContainEqual({
      name: 'to-totals',
      kind: 'mapper',
      about: 'rekeys amounts to their author',
      keySpace: 'user',
      inputs: ['taps'],
      outputs: ['totals'],
    })
  })

  it('as data is plain JSON', () => {
    const data = describeTopology(counting)
    expect(JSON.parse(JSON.stringify(data))).toEqual(data)
  })

  it('as a chart shows nodes within their key space, and every arrow', () => {
    expect(mermaid(counting)).toBe(
      [
        'flowchart LR',
        '  topic_closings(closings)',
        '  topic_taps([taps])',
        '  topic_totals("totals (folded)")',
        '  subgraph by_author [by author]',
        '    node_by_author[(by-author v1)]',
        '  end',
        '  subgraph by_user [by user]',
        '    node_by_pair[(by-pair v1)]',
        '    node_by_minute[(by-minute v1)]',
        '    node_to_totals[to-totals]',
        '  end',
        '  topic_taps --> node_by_pair',
        '  topic_taps --> node_by_minute',
        '  node_by_minute --> topic_closings',
        '  topic_taps --> node_to_totals',
        '  node_to_totals --> topic_totals',
        '  topic_totals --> node_by_author',
        '',
      ].join('\n'),
    )
  })

  it('is the same every time', () => {
    expect(mermaid(counting)).toBe(mermaid(counting))
  })
})
