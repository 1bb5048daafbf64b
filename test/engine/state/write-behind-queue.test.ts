import fc from 'fast-check'
import { expect, it } from 'vitest'
import { WriteBehindQueue } from '../../../engine/state/write-behind-queue.ts'

it('a write-behind queue gives back what was put in, in that order, however it grew', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -150, max: 200 }), { maxLength: 20 }), (moves) => {
      const queue = new WriteBehindQueue()
      const model: [number, number, number][] = []
      let pushed = 0
      for (const move of moves) {
        for (let each = 0; each < move; each++) {
          const row: [number, number, number] = [pushed % 65_536, pushed * 3, 2 ** 40 + pushed++]
          queue.push(...row)
          model.push(row)
        }
        for (let each = 0; each < -move && model.length > 0; each++) {
          expect([queue.frontStore, queue.frontSlot, queue.frontSequence]).toEqual(model.shift())
          queue.drop()
        }
        expect(queue.length).toBe(model.length)
      }
    }),
  )
})
