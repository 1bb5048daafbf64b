import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ActivityOrder } from '../../../cli/evaluate/activity-order.ts'

test('items come in the order in which they were touched last', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(8), { maxLength: 60 }), (touched) => {
      const order = new ActivityOrder()
      for (const item of touched) order.touch(item)
      expect([...order.newestFirst()]).toEqual([...new Set(touched.toReversed())])
    }),
  )
})
