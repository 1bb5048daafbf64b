import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { decodeTables, encodeTables } from '../../../models/embeddings/bytes.ts'
import { EncodedTables } from '../../../models/embeddings/encoded-tables.ts'
import {
  ENTITY_IDS,
  ENTITY_WORDS,
  type EntityIds,
  writeEntityIds,
} from '../../../models/embeddings/entities.ts'
import { EmbeddingTable } from '../../../models/embeddings/table.ts'
import { type EmbeddingSizes, EmbeddingTables } from '../../../models/embeddings/tables.ts'
import { Fingerprint } from '../../../processors/fingerprint.ts'

const SIZES: EmbeddingSizes = { dimensions: 3, rows: [16, 8, 1, 32] }

const wordsOf = (ids: readonly EntityIds[]): Uint32Array => {
  const words = new Uint32Array(ids.length * ENTITY_WORDS)
  for (const [row, each] of ids.entries()) writeEntityIds(each, words, row * ENTITY_WORDS)
  return words
}

const sampleIds = (random: Random): EntityIds => ({
  userId: random.chance(0.1) ? null : `u${random.below(20)}`,
  authorId: `a${random.below(9)}`,
  ...(random.chance(0.5) && { containerId: `c${random.below(5)}` }),
  hashtags: Array.from({ length: random.below(7) }, () => `#${random.below(30)}`),
})

const idsOf = ({ userId, authorId, containerId, hashtags }: EntityIds): readonly string[][] =>
  [[userId], [authorId], [containerId], hashtags ?? []].map((ids) =>
    ids.filter((id) => id !== null && id !== undefined).slice(0, 4),
  )

/** The rows of a table that an id reads, by its name alone. */
const rowsOf = (id: string, rows: number): number[] => {
  const { low, high } = new Fingerprint().of(id)
  return [low % rows, high % rows]
}

/** Tables as plain numbers: what gathering and learning are said to be, id by id. */
class Oracle {
  readonly values: number[][][]
  readonly squares: number[][]

  constructor({ tables, sizes }: EmbeddingTables) {
    this.values = tables.map((table) =>
      Array.from({ length: table.rows }, (_, row) =>
        Array.from(table.values.subarray(row * sizes.dimensions, (row + 1) * sizes.dimensions)),
      ),
    )
    this.squares = tables.map((table) => Array.from(table.squares))
  }

  vectors(ids: EntityIds): number[] {
    return idsOf(ids).flatMap((own, entity) => {
      const table = this.values[entity]!
      const rows = own.flatMap((id) => rowsOf(id, table.length))
      return table[0]!.map((_, index) => rows.reduce((sum, row) => sum + table[row]![index]! / own.length, 0))
    })
  }

  learn(batch: readonly EntityIds[], gradients: Float32Array, rate: number): void {
    for (const [entity, table] of this.values.entries()) {
      const sums = table.map((row) => row.map(() => 0))
      const touched = new Set<number>()
      for (const [place, ids] of batch.entries()) {
        const own = idsOf(ids)[entity]!
        for (const row of own.flatMap((id) => rowsOf(id, table.length))) {
          touched.add(row)
          for (const index of sums[row]!.keys())
            sums[row]![index]! += gradients[place * 12 + entity * 3 + index]! / own.length
        }
      }
      for (const row of touched) {
        this.squares[entity]![row]! += sums[row]!.reduce((sum, each) => sum + each ** 2, 0) / 3
        for (const index of table[row]!.keys())
          table[row]![index]! -= (rate * sums[row]![index]!) / Math.sqrt(this.squares[entity]![row]!)
      }
    }
  }
}

const close = (values: Iterable<number>): number[] =>
  Array.from(values, (value) => expect.closeTo(value, 4) as number)

const learnt = (steps: number, seed = 1): EmbeddingTables => {
  const tables = new EmbeddingTables(SIZES)
  const random = new Random(seed)
  for (let step = 1; step <= steps; step++) {
    const words = wordsOf(Array.from({ length: 4 }, () => sampleIds(random)))
    const gradients = new Float32Array(4 * tables.width).map(() => random.next() - 0.5)
    tables.learn(words, 4, gradients, { rate: 0.1, at: step * 1_000 })
  }
  return tables
}

describe('embedding tables', () => {
  test('gather and learn what a plain recount does, rows that ids share included', () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = new Random(seed)
      const tables = new EmbeddingTables(SIZES)
      const oracle = new Oracle(tables)
      for (let step = 1; step <= 5; step++) {
        const batch = Array.from({ length: 1 + random.below(8) }, () => sampleIds(random))
        const words = wordsOf(batch)
        const vectors = new Float32Array(batch.length * tables.width).fill(9)
        tables.gather(words, batch.length, vectors)
        expect(Array.from(vectors)).toEqual(close(batch.flatMap((ids) => oracle.vectors(ids))))
        const gradients = new Float32Array(vectors.length).map(() => random.next() - 0.5)
        tables.learn(words, batch.length, gradients, { rate: 0.1, at: step })
        oracle.learn(batch, gradients, 0.1)
      }
      for (const [entity, table] of tables.tables.entries())
        expect(Array.from(table.values)).toEqual(close(oracle.values[entity]!.flat()))
    }
  })

  test('are a function of the steps, and move only what the steps name', () => {
    expect(encodeTables(learnt(20))).toEqual(encodeTables(learnt(20)))
    const tables = new EmbeddingTables(SIZES)
    tables.learn(wordsOf([{ userId: 'u', authorId: 'a' }]), 1, new Float32Array(12).fill(1), {
      rate: 0.1,
      at: 5,
    })
    expect(tables.tables.map((table) => table.touchedRows)).toEqual([2, 2, 0, 0])
  })

  test('forget what was not touched since a time, and nothing else', () => {
    const tables = learnt(20)
    const fresh = new EmbeddingTables(SIZES)
    const before = tables.tables.map((table) => Array.from(table.touchedAt))
    const expired = tables.expire(18_000)
    expect(expired).toBe(before.flat().filter((at) => at > 0 && at < 18_000).length)
    expect(expired).toBeGreaterThan(0)
    for (const [entity, table] of tables.tables.entries()) {
      for (let row = 0; row < table.rows; row++) {
        const isKept = before[entity]![row]! >= 18_000
        expect(table.touchedAt[row]).toBe(isKept ? before[entity]![row] : 0)
        const same = table.values[row * 3] === fresh.tables[entity]!.values[row * 3]
        expect(same).toBe(!isKept)
      }
    }
  })

  test('take no more memory, however many ids come', () => {
    const tables = new EmbeddingTables(SIZES)
    const batch = Array.from({ length: 3_000 }, (_, index) => ({
      userId: `u${index}`,
      authorId: `a${index}`,
    }))
    tables.learn(wordsOf(batch), batch.length, new Float32Array(batch.length * 12).fill(0.01), {
      rate: 0.1,
      at: 1,
    })
    expect(tables.tables.map(({ values }) => values.length)).toEqual([48, 24, 3, 96])
    expect(tables.tables.map((table) => table.touchedRows)).toEqual([16, 8, 0, 0])
  })

  test('come back from bytes as they were, and go on alike', () => {
    const tables = learnt(30)
    const read = decodeTables(encodeTables(tables))
    expect(encodeTables(read)).toEqual(encodeTables(tables))
    const words = wordsOf([{ userId: 'new', authorId: 'a1', hashtags: ['#1'] }])
    for (const each of [read, tables])
      each.learn(words, 1, new Float32Array(12).fill(0.3), { rate: 0.1, at: 99_000 })
    expect(read.tables.map(({ values }) => values)).toEqual(tables.tables.map(({ values }) => values))
    expect(read.tables.map(({ squares }) => squares)).toEqual(tables.tables.map(({ squares }) => squares))
  })

  test('are served from their bytes as they are, wherever these lie', () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = new Random(seed)
      const tables = learnt(random.below(4), seed)
      const bytes = encodeTables(tables)
      const shift = random.below(5)
      const memory = new Uint8Array(new SharedArrayBuffer(shift + bytes.length))
      memory.set(bytes, shift)
      const served = new EncodedTables(memory.subarray(shift))
      const words = wordsOf(Array.from({ length: 20 }, () => sampleIds(random)))
      const vectors = new Float32Array(20 * tables.width)
      tables.gather(words, 20, vectors)
      const read = new Float32Array(20 * served.width).fill(9)
      served.gather(words, 20, read)
      expect(read).toEqual(vectors)
    }
  })

  test('are not read from bytes that are something else', () => {
    const bytes = encodeTables(learnt(3))
    const withRow = bytes.slice()
    new DataView(withRow.buffer).setUint32(20, SIZES.rows[0]!, true)
    const withRows = bytes.slice()
    new DataView(withRows.buffer).setUint32(12, 3, true)
    for (const read of [decodeTables, (each: Uint8Array) => new EncodedTables(each)]) {
      expect(() => read(bytes.slice(0, -4))).toThrow(RangeError)
      expect(() => read(Uint8Array.of(...bytes, 0))).toThrow(RangeError)
      expect(() => read(new Uint8Array(64))).toThrow(RangeError)
      expect(() => read(new Uint8Array())).toThrow(RangeError)
      expect(() => read(withRow)).toThrow('row 16 of a table of 16')
      expect(() => read(withRows)).toThrow('use a power of two')
    }
  })

  test('have a table for each entity, of a power of two of rows', () => {
    expect(() => new EmbeddingTables({ ...SIZES, rows: [1] })).toThrow(RangeError)
    for (const rows of [0, 3, 2 ** 25]) expect(() => new EmbeddingTable(rows, 1, 1)).toThrow(RangeError)
  })
})

test('a row of hashes names at most as many ids as an entity may have', () => {
  const hashtags = ['a', 'b', 'c', 'd', 'e']
  const words = wordsOf([{ userId: null, authorId: 'x', containerId: null, hashtags }])
  const ids = Array.from({ length: ENTITY_WORDS / 2 }, (_, id) => words[id * 2] !== 0)
  expect(ids).toEqual([false, true, false, true, true, true, true])
  expect(ENTITY_IDS.map(({ idsMax }) => idsMax)).toEqual([1, 1, 1, 4])
})
