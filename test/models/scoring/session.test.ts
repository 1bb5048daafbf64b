import { expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { CONTENT_BYTES, readContents } from '../../../models/embeddings/contents.ts'
import { ENTITY_WORDS, writeEntityIds } from '../../../models/embeddings/entities.ts'
import { EmbeddingTables } from '../../../models/embeddings/tables.ts'
import { withoutEmbeddings } from '../../../models/network/definition.ts'
import { HEAVY_NETWORK } from '../../../models/rankers.ts'
import { openSession } from '../../../models/scoring/open-session.ts'
import { ScoringSession } from '../../../models/scoring/session.ts'
import { readSnapshot } from '../../../models/snapshot/read.ts'
import { writeSnapshot } from '../../../models/snapshot/write.ts'
import { temporaryDirectory } from '../../cli/temporary.ts'
import { answerOf } from '../network/oracle.ts'
import { sampleParameters, sampleRows } from '../network/sample.ts'

const { width } = HEAVY_NETWORK.row
const heads = HEAVY_NETWORK.heads.length

const networkAlone = withoutEmbeddings(HEAVY_NETWORK)

test('any number of rows on shared memory is scored, batch by batch, and nothing beyond them is touched', async () => {
  const random = new Random(4)
  const parameters = sampleParameters(HEAVY_NETWORK, random)
  const { directory } = await writeSnapshot(await temporaryDirectory(), 'heavy', 'trained', parameters)
  const session = await openSession(directory, 'heavy')
  for (const count of [1, 2, 147, 148, 149, 500]) {
    const rows = new Float32Array(new SharedArrayBuffer((count + 1) * width * 4))
    rows.set(sampleRows(count + 1, width, random))
    const outputs = new Float32Array(new SharedArrayBuffer((count + 1) * heads * 4)).fill(-7)
    await session.score(rows, count, outputs)
    for (const row of [0, Math.floor(count / 2), count - 1]) {
      const expected = answerOf(networkAlone, parameters, rows.slice(row * width, (row + 1) * width))
      for (const [head, value] of expected.entries()) {
        expect(Math.abs(outputs[row * heads + head]! - value)).toBeLessThan(1e-4 * (1 + Math.abs(value)))
      }
    }
    expect(outputs.subarray(count * heads).every((value) => value === -7)).toBe(true)
  }
  await session.dispose()
})

const EMBEDDING_SIZES = { dimensions: 16, rows: [64, 64, 64, 64] }

test('a snapshot with tables finds the vectors of what rows are about, and reads their contents, batch by batch', async () => {
  const random = new Random(6)
  const parameters = sampleParameters(HEAVY_NETWORK, random)
  const tables = new EmbeddingTables(EMBEDDING_SIZES)
  const count = 300
  const entities = new Uint32Array(new SharedArrayBuffer(count * ENTITY_WORDS * 4))
  for (let row = 0; row < count; row++) {
    writeEntityIds(
      { userId: 'u', authorId: `a${row}`, hashtags: [`h${row % 7}`] },
      entities,
      row * ENTITY_WORDS,
    )
  }
  const contents = new Int8Array(new SharedArrayBuffer(count * CONTENT_BYTES))
  for (let index = 0; index < contents.length; index++) contents[index] = random.below(255) - 127
  const gradients = new Float32Array(count * tables.width).map(() => random.next() - 0.5)
  tables.learn(entities, count, gradients, { rate: 0.5, at: 1 })
  const root = await temporaryDirectory()
  const { directory, manifest } = await writeSnapshot(root, 'heavy', 'trained', parameters, tables)
  expect(manifest.embeddings).toEqual(HEAVY_NETWORK.embeddings)
  const session = await openSession(directory, 'heavy')
  const rows = sampleRows(count, width, random)
  const outputs = new Float32Array(count * heads)
  const vectors = new Float32Array(count * tables.width)
  const directions = new Float32Array(count * CONTENT_BYTES)
  const expectRow = (row: number): void => {
    const own = vectors.subarray(row * tables.width, (row + 1) * tables.width)
    const about = directions.subarray(row * CONTENT_BYTES, (row + 1) * CONTENT_BYTES)
    const columns = rows.slice(row * width, (row + 1) * width)
    const expected = answerOf(HEAVY_NETWORK, parameters, columns, own, about)
    for (const [head, value] of expected.entries()) {
      expect(Math.abs(outputs[row * heads + head]! - value)).toBeLessThan(1e-4 * (1 + Math.abs(value)))
    }
  }
  tables.gather(entities, count, vectors)
  readContents(contents, count, directions)
  await session.score(rows, count, outputs, { entities, contents })
  for (const row of [0, 150, 299]) expectRow(row)
  await session.score(rows, count, outputs)
  vectors.fill(0)
  directions.fill(0)
  for (const row of [0, 150, 299]) expectRow(row)
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
