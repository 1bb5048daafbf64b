import { expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { HEAVY_NETWORK } from '../../../models/rankers.ts'
import { ScoringSession } from '../../../models/scoring/session.ts'
import { readSnapshot } from '../../../models/snapshot/read.ts'
import { writeSnapshot } from '../../../models/snapshot/write.ts'
import { temporaryDirectory } from '../../cli/temporary.ts'
import { answerOf } from '../network/oracle.ts'
import { sampleParameters, sampleRows } from '../network/sample.ts'

const { width } = HEAVY_NETWORK.row
const heads = HEAVY_NETWORK.heads.length

test('any number of rows on shared memory is scored, batch by batch, and nothing beyond them is touched', async () => {
  const random = new Random(4)
  const parameters = sampleParameters(HEAVY_NETWORK, random)
  const { directory } = await writeSnapshot(await temporaryDirectory(), 'heavy', 'trained', parameters)
  const session = await ScoringSession.open(directory, 'heavy')
  for (const count of [1, 2, 147, 148, 149, 500]) {
    const rows = new Float32Array(new SharedArrayBuffer((count + 1) * width * 4))
    rows.set(sampleRows(count + 1, width, random))
    const outputs = new Float32Array(new SharedArrayBuffer((count + 1) * heads * 4)).fill(-7)
    await session.score(rows, count, outputs)
    for (const row of [0, Math.floor(count / 2), count - 1]) {
      const expected = answerOf(HEAVY_NETWORK, parameters, rows.slice(row * width, (row + 1) * width))
      for (const [head, value] of expected.entries()) {
        expect(Math.abs(outputs[row * heads + head]! - value)).toBeLessThan(1e-4 * (1 + Math.abs(value)))
      }
    }
    expect(outputs.subarray(count * heads).every((value) => value === -7)).toBe(true)
  }
  await session.dispose()
})

test('a graph that the runtime refuses is a coded error', async () => {
  const { directory } = await writeSnapshot(
    await temporaryDirectory(),
    'heavy',
    'trained',
    sampleParameters(HEAVY_NETWORK, new Random(5)),
  )
  const { manifest } = await readSnapshot(directory, 'heavy')
  await expect(ScoringSession.create({ manifest, bytes: Buffer.from('no model') })).rejects.toThrow(
    `SNAPSHOT_FAILED: heavy-${manifest.version}`,
  )
})
