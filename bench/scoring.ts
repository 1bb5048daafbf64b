/**
 * How long scoring takes, from rows in shared matrices to outputs in shared matrices, on one thread, one
 * request at a time: the prior's rankers over rows as feeds have them, about half of each row zeros, and then
 * (`learned`) the heavy one as it is once it has learned, which also reads vectors and contents. Beside other work on
 * the machine, `cpu_ms` (of all threads of the process) says more than the times do.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Random } from '../engine/driver/random.ts'
import { ENTITY_WORDS, writeEntityIds } from '../models/embeddings/entities.ts'
import { EmbeddingTables } from '../models/embeddings/tables.ts'
import { priorParameters } from '../models/prior/prior.ts'
import { writePriors } from '../models/prior/snapshots.ts'
import { HEAVY_NETWORK } from '../models/rankers.ts'
import { ScorerPool } from '../models/scoring/pool.ts'
import type { Lease, Matrix } from '../models/scoring/types.ts'
import type { ModelName } from '../models/snapshot/manifest.ts'
import { writeSnapshot, type Written } from '../models/snapshot/write.ts'
import { DEFAULT_LEARNER } from '../models/training/learner.ts'
import { rounded } from './rounded.ts'

const HEAVY_ROWS = 500
const LIGHT_ROWS = [1_500, 2_800] as const
const ROUNDS = 1_000
const WARM_ROUNDS = 100

export const about = 'How long a batch of candidates takes to score, heavy and light.'

export const run = async (): Promise<object> => {
  const root = await mkdtemp(join(tmpdir(), 'freshet-bench-'))
  try {
    const { heavy, light } = await writePriors(root)
    const pool = await ScorerPool.open({
      workers: 1,
      rowsMax: { heavy: HEAVY_ROWS, light: Math.max(...LIGHT_ROWS) },
      heavy: heavy.directory,
      light: light.directory,
    })
    const lease = await filledLease(pool)
    const figures = {
      heavy_columns: lease.heavy.width,
      light_columns: lease.light.width,
      ...(await timed('heavy', lease, 'heavy', HEAVY_ROWS)),
      ...(await timed('light', lease, 'light', LIGHT_ROWS[0])),
      ...(await timed('light', lease, 'light', LIGHT_ROWS[1])),
    }
    lease.release()
    await pool.swap('heavy', (await writeLearned(root)).directory)
    const learned = await filledLease(pool)
    Object.assign(figures, await timed('learned', learned, 'heavy', HEAVY_ROWS))
    learned.release()
    await pool.close()
    return figures
  } finally {
    await rm(root, { recursive: true })
  }
}

/** The prior with the tables and matrices that learning begins with: as much to compute as when something is learned. */
const writeLearned = async (root: string): Promise<Written> => {
  const { dimensions } = HEAVY_NETWORK.embeddings!
  const tables = new EmbeddingTables({ dimensions, rows: DEFAULT_LEARNER.tableRows })
  return writeSnapshot(root, 'heavy', 'trained', priorParameters('heavy'), tables)
}

const filledLease = async (pool: ScorerPool): Promise<Lease> => {
  const lease = await pool.lease()
  const random = new Random(1)
  fill(lease.heavy, random)
  fill(lease.light, random)
  return lease
}

/** One viewer, a fifth as many authors as posts, and groups, hashtags and contents for all. */
const fill = ({ rows, rowsMax, entities, contents }: Matrix, random: Random): void => {
  for (let index = 0; index < rows.length; index++) rows[index] = random.chance(0.5) ? 0 : random.next() * 20
  for (let index = 0; index < contents.length; index++) contents[index] = random.below(33) - 16
  if (entities.length === 0) return
  for (let row = 0; row < rowsMax; row++) {
    const authorId = `a${random.below(rowsMax / 5)}`
    const [containerId, hashtags] = [`c${random.below(20)}`, [`h${random.below(50)}`, `h${random.below(50)}`]]
    writeEntityIds({ userId: 'u', authorId, containerId, hashtags }, entities, row * ENTITY_WORDS)
  }
}

const timed = async (
  label: string,
  lease: Lease,
  model: ModelName,
  rows: number,
): Promise<Record<string, number>> => {
  const times = new Float64Array(ROUNDS)
  let before = process.cpuUsage()
  for (let round = -WARM_ROUNDS; round < ROUNDS; round++) {
    if (round === 0) before = process.cpuUsage()
    const start = performance.now()
    await lease.score(model, rows)
    if (round >= 0) times[round] = performance.now() - start
  }
  const { user, system } = process.cpuUsage(before)
  times.sort()
  const name = `${label}_${rows}`
  return {
    [`${name}_min_ms`]: rounded(times[0]!, 2),
    [`${name}_p50_ms`]: rounded(times[ROUNDS / 2]!, 2),
    [`${name}_p99_ms`]: rounded(times[ROUNDS * 0.99]!, 2),
    [`${name}_cpu_ms`]: rounded((user + system) / 1_000 / ROUNDS, 2),
  }
}
