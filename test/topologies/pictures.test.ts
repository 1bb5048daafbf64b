import { describe, expect, it } from 'vitest'
import { everything, topologies } from '../../topologies/index.ts'
import { isCurrent, picturesOf } from '../../topologies/pictures.ts'

describe('the committed picture', () => {
  it.each([...topologies, everything].map((each) => [each.name, each] as const))(
    'of %s shows the topology as it is (after a change: npm run draw, and say how running state moves over)',
    (_, topology) => {
      for (const picture of picturesOf(topology)) expect(isCurrent(picture), picture.file).toBe(true)
    },
  )
})
