import type { Worker } from 'node:worker_threads'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { ENTITY_WORDS, writeEntityIds } from '../../../models/embeddings/entities.ts'
import { EmbeddingTables } from '../../../models/embeddings/tables.ts'
import { writePriors } from '../../../models/prior/snapshots.ts'
import { HEAVY_NETWORK, LIGHT_NETWORK, NETWORKS } from '../../../models/rankers.ts'
import { ScorerPool } from '../../../models/scoring/pool.ts'
import { openSession } from '../../../models/scoring/open-session.ts'
import { spawnWorker } from '../../../models/scoring/thread.ts'
import type { Lease } from '../../../models/scoring/types.ts'
import { type ModelName, sha256Of, withVersion } from '../../../models/snapshot/manifest.ts'
import { writeSnapshot } from '../../../models/snapshot/write.ts'
import { temporaryDirectory } from '../../cli/temporary.ts'
import { answerOf } from '../network/oracle.ts'
import { sampleParameters, sampleRows } from '../network/sample.ts'

const ROWS_MAX = { heavy: 200, light: 300 }

const opened: ScorerPool[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((pool) => pool.close()))
})

interface Running {
  readonly pool: ScorerPool
  readonly root: string
  /** The threads there were, in the order they were started. */
  readonly workers: readonly Worker[]
}

const openPool = async (workers: number, leases = 2 * workers): Promise<Running> => {
  const root = await temporaryDirectory()
  const { heavy, light } = await writePriors(root)
  const started: Worker[] = []
  const pool = await ScorerPool.open({
    workers,
    leases,
    rowsMax: ROWS_MAX,
    heavy: heavy.directory,
    light: light.directory,
    spawn: (data) => {
      const worker = spawnWorker(data)
      started.push(worker)
      return worker
    },
  })
  opened.push(pool)
  return { pool, root, workers: started }
}

/** Dies of a task that it stumbles over; stopped by force while native code is at work, it might take the test with it. */
const kill = async (worker: Worker): Promise<void> => {
  const death = new Promise((resolve) => worker.once('exit', resolve))
  worker.postMessage({ id: -1, task: { kind: 'score', slot: -1 } })
  await death
}

/** The thread that a lease's rows go to: the first that was ready, which may have been any. */
const scorerOf = async (lease: Lease, workers: readonly Worker[]): Promise<Worker> => {
  const answered = Promise.race(
    workers.map(
      async (worker) => new Promise<Worker>((resolve) => worker.once('message', () => resolve(worker))),
    ),
  )
  await lease.score('heavy', 1)
  return answered
}

const fill = (lease: Lease, model: ModelName, rows: number, random: Random): Float32Array => {
  const values = sampleRows(rows, NETWORKS[model].row.width, random)
  lease[model].rows.set(values)
  return values
}

const outputsOf = (lease: Lease, model: ModelName, rows: number): Float32Array =>
  lease[model].outputs.slice(0, rows * lease[model].heads)

const untilReady = async (pool: ScorerPool, threads: number): Promise<void> => {
  while (pool.stats.readyThreads < threads) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('scorers', () => {
  test('answer every request with the scores of its own rows, however many ask at once', async () => {
    const { pool, root } = await openPool(2)
    const { heavy, light } = await writePriors(root)
    const alone = {
      heavy: await openSession(heavy.directory, 'heavy'),
      light: await openSession(light.directory, 'light'),
    }
    const expectations: { model: ModelName; values: Float32Array; rows: number; outputs: Float32Array }[] = []
    const request = async (seed: number): Promise<void> => {
      const random = new Random(seed)
      const lease = await pool.lease()
      for (const model of ['light', 'heavy'] as const) {
        const rows = 1 + random.below(ROWS_MAX[model])
        const values = fill(lease, model, rows, random)
        await lease.score(model, rows)
        expectations.push({ model, values, rows, outputs: outputsOf(lease, model, rows) })
      }
      lease.release()
    }
    await Promise.all(Array.from({ length: 60 }, (_, seed) => request(seed)))
    expect(expectations).toHaveLength(120)
    for (const { model, values, rows, outputs } of expectations) {
      const expected = new Float32Array(outputs.length)
      await alone[model].score(values, rows, expected)
      expect(outputs).toEqual(expected)
    }
    expect(pool.stats).toMatchObject({ leased: 0, waiting: 0, readyThreads: 3, restarts: 0 })
    await Promise.all([alone.heavy.dispose(), alone.light.dispose()])
  })

  test('take no more rows than a matrix has, and none is fine', async () => {
    const { pool } = await openPool(1)
    const lease = await pool.lease()
    await expect(lease.score('heavy', ROWS_MAX.heavy + 1)).rejects.toThrow(
      'rows is 201: use a whole number from 0 to 200',
    )
    await expect(lease.score('light', -1)).rejects.toThrow(RangeError)
    await lease.score('heavy', 0)
    lease.release()
  })

  test('score runs of rows as they are filled, on any thread, to what all rows at once come to', async () => {
    const { pool } = await openPool(2)
    const lease = await pool.lease()
    for (const model of ['light', 'heavy'] as const) {
      const rows = ROWS_MAX[model]
      const values = fill(lease, model, rows, new Random(5))
      await lease.score(model, rows)
      const expected = outputsOf(lease, model, rows)
      lease[model].outputs.fill(NaN)
      const { width } = lease[model]
      lease[model].rows.fill(0)
      const scoring: Promise<void>[] = []
      for (let first = 0; first < rows; first += 64) {
        const count = Math.min(64, rows - first)
        lease[model].rows.set(values.subarray(first * width, (first + count) * width), first * width)
        scoring.push(lease.score(model, count, first))
      }
      await Promise.all(scoring)
      expect(outputsOf(lease, model, rows)).toEqual(expected)
      await expect(lease.score(model, 2, rows - 1)).rejects.toThrow(
        'rows is 2: use a whole number from 0 to 1',
      )
    }
    lease.release()
  })

  test('find what each row is about, whatever row a run begins with', async () => {
    const { pool, root } = await openPool(1)
    const random = new Random(7)
    const tables = new EmbeddingTables({ dimensions: 16, rows: [64, 64, 64, 64] })
    const parameters = sampleParameters(HEAVY_NETWORK, random)
    const { directory } = await writeSnapshot(root, 'heavy', 'trained', parameters, tables)
    await pool.swap('heavy', directory)
    const lease = await pool.lease()
    const { heavy } = lease
    const rows = ROWS_MAX.heavy
    for (let row = 0; row < rows; row++)
      writeEntityIds({ userId: 'u', authorId: `a${row}` }, heavy.entities, row * ENTITY_WORDS)
    for (let at = 0; at < heavy.contents.length; at++) heavy.contents[at] = random.below(255) - 127
    await lease.score('heavy', rows)
    const expected = outputsOf(lease, 'heavy', rows)
    // Rows are all zeros: they differ by nothing else.
    const first = expected.filter((_, at) => at % heavy.heads === 0)
    expect(new Set(first).size).toBeGreaterThan(rows / 2)
    heavy.outputs.fill(NaN)
    for (let from = 0; from < rows; from += 64) await lease.score('heavy', Math.min(64, rows - from), from)
    // Products of matrices of another height may be rounded otherwise.
    for (const [at, value] of expected.entries())
      expect(Math.abs(heavy.outputs[at]! - value)).toBeLessThan(1e-4 * (1 + Math.abs(value)))
    lease.release()
  })

  test('follow rows that are filled bit by bit, however long it takes, and score each as it would be alone', async () => {
    const { pool } = await openPool(1)
    const lease = await pool.lease()
    for (const model of ['light', 'heavy'] as const) {
      const rows = ROWS_MAX[model]
      const values = fill(lease, model, rows, new Random(6))
      await lease.score(model, rows)
      const expected = outputsOf(lease, model, rows)
      lease[model].outputs.fill(NaN)
      lease[model].rows.fill(0)
      const { width } = lease[model]
      const stream = lease.stream(model)
      for (let first = 0; first < rows; first += 40) {
        const end = Math.min(rows, first + 40)
        lease[model].rows.set(values.subarray(first * width, end * width), first * width)
        stream.filled(end)
        // Now at once, now long after the thread has stopped to wait.
        if (first % 80 === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      }
      await stream.end()
      expect(outputsOf(lease, model, rows)).toEqual(expected)
    }
    await lease.stream('heavy').end()
    lease.release()
    expect(() => lease.stream('heavy')).toThrow('SCORERS_CLOSED')
  })

  test('do not give matrices on while a thread may still write to them', async () => {
    const { pool } = await openPool(1, 1)
    const lease = await pool.lease()
    const values = fill(lease, 'heavy', ROWS_MAX.heavy, new Random(1))
    const scoring = lease.score('heavy', ROWS_MAX.heavy)
    lease.release()
    lease.release()
    let isScored = false
    void scoring.then(() => (isScored = true))
    const next = await pool.lease()
    expect(isScored).toBe(true)
    expect(next.heavy.rows).toEqual(lease.heavy.rows)
    expect(next.heavy.rows).toEqual(values)
    await expect(lease.score('heavy', 1)).rejects.toThrow('SCORERS_CLOSED: lease 0 was given back')
    next.release()
    expect(pool.stats.leased).toBe(0)
  })

  test('close once what is being scored has ended, and answer no more', async () => {
    const { pool } = await openPool(1, 1)
    const lease = await pool.lease()
    const waiting = pool.lease().catch((error: unknown) => error)
    fill(lease, 'light', 300, new Random(1))
    const scoring = lease.score('light', 300)
    await pool.close()
    await scoring
    expect(await waiting).toMatchObject({ code: 'SCORERS_CLOSED' })
    await expect(pool.lease()).rejects.toThrow('SCORERS_CLOSED')
    await expect(lease.score('light', 1)).rejects.toThrow('SCORER')
  })

  test('are not opened with what cannot serve, and leave no thread behind', async () => {
    const root = await temporaryDirectory()
    const { heavy, light } = await writePriors(root)
    const options = { workers: 1, rowsMax: ROWS_MAX, heavy: heavy.directory, light: light.directory }
    await expect(ScorerPool.open({ ...options, light: heavy.directory })).rejects.toThrow('SNAPSHOT_COLUMNS')
    await expect(ScorerPool.open({ ...options, workers: 0 })).rejects.toThrow('workers is 0')
    await expect(ScorerPool.open({ ...options, rowsMax: { heavy: 1, light: 0 } })).rejects.toThrow(
      'rowsMax.light is 0',
    )
    const started: Worker[] = []
    const broken = ScorerPool.open({
      ...options,
      heavy: await brokenSnapshot(root),
      spawn: (data) => {
        started.push(spawnWorker(data))
        return started.at(-1)!
      },
    })
    await expect(broken).rejects.toThrow('SNAPSHOT_FAILED')
    expect(started.map(({ threadId }) => threadId)).toEqual([-1, -1])
  })
})

/** A snapshot whose manifest is right and whose graph is none. */
const brokenSnapshot = async (root: string): Promise<string> => {
  const { directory, manifest } = await writeSnapshot(
    root,
    'heavy',
    'trained',
    sampleParameters(HEAVY_NETWORK, new Random(9)),
  )
  const bytes = Buffer.from('no graph')
  const files = { 'model.onnx': { bytes: bytes.length, sha256: sha256Of(bytes) } }
  await writeFile(join(directory, 'model.onnx'), bytes)
  await writeFile(join(directory, 'manifest.json'), JSON.stringify(withVersion({ ...manifest, files })))
  return directory
}

describe('a thread that dies', () => {
  test('fails what it was scoring with a coded error, the spare one scores meanwhile, and it is started again', async () => {
    const { pool, workers } = await openPool(1)
    const lease = await pool.lease()
    const values = fill(lease, 'heavy', ROWS_MAX.heavy, new Random(1))
    const scorer = await scorerOf(lease, workers)
    await lease.score('heavy', ROWS_MAX.heavy)
    const before = outputsOf(lease, 'heavy', ROWS_MAX.heavy)
    const first = lease.score('heavy', ROWS_MAX.heavy)
    const death = kill(scorer)
    const [last] = await Promise.allSettled([lease.score('heavy', ROWS_MAX.heavy), first, death])
    expect(last).toMatchObject({ reason: { code: 'SCORER_CRASHED', recovery: 'retry' } })
    await lease.score('heavy', 1)
    expect(outputsOf(lease, 'heavy', 1)).toEqual(before.slice(0, lease.heavy.heads))

    await untilReady(pool, 2)
    const stream = lease.stream('heavy')
    const followed = await scorerOf(lease, workers)
    const nextDeath = kill(followed)
    stream.filled(ROWS_MAX.heavy)
    await expect(stream.end()).rejects.toMatchObject({ code: 'SCORER_CRASHED' })
    await nextDeath

    await untilReady(pool, 2)
    await kill(await scorerOf(lease, workers))
    lease.heavy.outputs.fill(0)
    await lease.score('heavy', ROWS_MAX.heavy)
    expect(outputsOf(lease, 'heavy', ROWS_MAX.heavy)).toEqual(before)
    expect(lease.heavy.rows).toEqual(values)
    await untilReady(pool, 2)
    expect(pool.stats.restarts).toBe(3)
    lease.release()
  })

  test('leaves nobody to score where the others have died too, until they are back', async () => {
    const { pool, workers } = await openPool(1)
    const lease = await pool.lease()
    fill(lease, 'heavy', 1, new Random(1))
    await Promise.all(workers.slice(0, 2).map((worker) => kill(worker)))
    await expect(lease.score('heavy', 1)).rejects.toThrow('SCORER_CRASHED')
    await untilReady(pool, 2)
    await lease.score('heavy', 1)
    lease.release()
  })

  test('costs only what it was scoring: the others go on', async () => {
    const { pool, workers } = await openPool(2)
    const random = new Random(3)
    const counted = { crashed: 0, scored: 0 }
    const client = async (): Promise<void> => {
      for (let round = 0; round < 40; round++) {
        const lease = await pool.lease()
        fill(lease, 'heavy', 50, random)
        await lease.score('heavy', 50).then(
          () => counted.scored++,
          (error: unknown) => {
            expect(error).toMatchObject({ code: 'SCORER_CRASHED' })
            counted.crashed++
          },
        )
        lease.release()
      }
    }
    const clients = [client(), client(), client(), client()]
    while (counted.scored < 20) await new Promise((resolve) => setImmediate(resolve))
    await kill(workers[0]!)
    await Promise.all(clients)
    // At most the leases there are can have been on the thread that died.
    expect(counted.crashed).toBeLessThanOrEqual(4)
    expect(counted.scored + counted.crashed).toBe(160)
    await untilReady(pool, 2)
    expect(pool.stats).toMatchObject({ leased: 0, restarts: 1 })
  })
})

describe('a swap', () => {
  test('counts from the next lease on, and loses nothing under load', async () => {
    const { pool, root } = await openPool(2)
    const random = new Random(7)
    const parameters = [sampleParameters(LIGHT_NETWORK, random), sampleParameters(LIGHT_NETWORK, random)]
    const snapshots = await Promise.all(
      parameters.map((each) => writeSnapshot(root, 'light', 'trained', each)),
    )
    const byVersion = new Map(snapshots.map(({ manifest }, index) => [manifest.version, parameters[index]!]))
    const seen = new Set<string>()
    const swapping = { isOver: false }
    const client = async (): Promise<void> => {
      while (!swapping.isOver) {
        const lease = await pool.lease()
        const values = fill(lease, 'light', 2, random)
        await lease.score('light', 2)
        const { version } = lease.manifests.light
        const known = byVersion.get(version)
        seen.add(version)
        if (known !== undefined) {
          const [expected] = answerOf(LIGHT_NETWORK, known, values.subarray(0, LIGHT_NETWORK.row.width))
          expect(Math.abs(lease.light.outputs[0]! - expected!)).toBeLessThan(1e-4 * (1 + Math.abs(expected!)))
        }
        lease.release()
      }
    }
    const clients = [client(), client(), client()]
    for (let round = 0; round < 20; round++) {
      const { directory, manifest } = snapshots[round % 2]!
      expect(await pool.swap('light', directory)).toEqual(manifest)
      expect(pool.manifests.light).toEqual(manifest)
    }
    swapping.isOver = true
    await Promise.all(clients)
    expect(seen.size).toBeGreaterThan(1)
    expect(pool.stats).toMatchObject({ swaps: 20, restarts: 0, leased: 0 })
  })

  test('leaves leases that began before it with what they began with, on a restarted thread as well', async () => {
    const { pool, root, workers } = await openPool(1)
    const parameters = sampleParameters(LIGHT_NETWORK, new Random(8))
    const { directory, manifest } = await writeSnapshot(root, 'light', 'trained', parameters)
    const early = await pool.lease()
    fill(early, 'light', 3, new Random(1))
    await early.score('light', 3)
    const before = outputsOf(early, 'light', 3)
    await pool.swap('light', directory)
    await Promise.all(workers.slice(0, 2).map((worker) => kill(worker)))
    await untilReady(pool, 2)
    await early.score('light', 3)
    expect(outputsOf(early, 'light', 3)).toEqual(before)
    early.release()

    const late = await pool.lease()
    expect(late.manifests.light).toEqual(manifest)
    fill(late, 'light', 3, new Random(1))
    await late.score('light', 3)
    expect(outputsOf(late, 'light', 3)).not.toEqual(before)
    late.release()
  })

  test('to what cannot serve is refused, and the live snapshot stays', async () => {
    const { pool, root } = await openPool(2)
    const { heavy } = pool.manifests
    await expect(pool.swap('heavy', join(root, 'nothing'))).rejects.toThrow('SNAPSHOT_MISSING')
    await expect(pool.swap('heavy', await brokenSnapshot(root))).rejects.toThrow('SNAPSHOT_FAILED')
    expect(pool.manifests.heavy).toEqual(heavy)
    const lease = await pool.lease()
    fill(lease, 'heavy', 5, new Random(1))
    await lease.score('heavy', 5)
    lease.release()
    expect(pool.stats).toMatchObject({ swaps: 0, readyThreads: 3 })
  })
})
