import { expect, test } from 'vitest'
import { openData } from '../../../cli/runtime/open.ts'
import { StateRows } from '../../../serving/state-rows.ts'
import { keyOf } from '../../../engine/key.ts'
import { openEnvelope } from '../../../schemas/envelope.ts'
import { post } from '../../../processors/views/post.ts'
import { reaction } from '../community.ts'
import { temporaryDirectory } from '../temporary.ts'

const PARTITIONS = 3
const POSTS = 6

test('once settled, everything accepted is counted, though its rows came from disk', async () => {
  const data = await temporaryDirectory()
  for (let round = 1; round <= 4; round++) {
    const { embedded, counts } = await openData({ data, partitions: PARTITIONS })
    const likes = Array.from({ length: POSTS }, (_, index) =>
      reaction(`u${index}`, `p${index}`, 'bea', 'like'),
    )
    for (const [index, like] of likes.entries()) {
      await embedded.publish([openEnvelope(like)])
      await embedded.settled()
      expect(counts.totals.processed).toBe(index + 1)
    }
    const rows = new StateRows(embedded.worker, PARTITIONS)
    const stored = await rows.readMany(
      'post',
      likes.map((_, index) => keyOf(`p${index}`)),
    )
    for (const row of stored) {
      expect(post.describe(row!.subarray(1), Date.now())['post.likes.total']).toBe(round)
    }
    await embedded.close()
  }
})
