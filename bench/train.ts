/**
 * How fast the heavy ranker learns, embeddings included, on one thread; beside PyTorch on the same network in the
 * same run, where `FRESHET_PYTHON` (python3 where absent) has it: `pip install torch`. Rates are samples by CPU
 * time of the process, which other work on the machine hardly changes; those by the clock stand beside them.
 *
 * `samples_per_s`, `torch_samples_per_s` and `ratio` are of batches of 1,024; `..._256` of 256. Without PyTorch its
 * figures, and the ratios to them, are null. `examples_per_s`
 * counts everything from an example of the topic, features packed, to what is learned of it.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { Random } from '../engine/driver/random.ts'
import { CONTENT_DIMENSIONS, CONTENT_SCALE } from '../processors/content/direction.ts'
import { ENTITY_IDS } from '../models/embeddings/entities.ts'
import { EmbeddingTables } from '../models/embeddings/tables.ts'
import { HEADS } from '../models/heads.ts'
import { priorParameters } from '../models/prior/prior.ts'
import { HEAVY_NETWORK } from '../models/rankers.ts'
import { Batch } from '../models/training/batch.ts'
import type { Example } from '../schemas/examples/index.ts'
import { KnownExamples } from '../models/training/known-examples.ts'
import { LabelAccount } from '../models/training/label-account.ts'
import { DEFAULT_LEARNER } from '../models/training/learner.ts'
import { beginLearning, TrainStep } from '../models/training/train-step.ts'
import { millis } from '../schemas/ids.ts'
import type { ContainerId, Hashtag, PostId, RequestId, UserId } from '../schemas/ids.ts'
import { packFeatures } from '../schemas/impressions/packed-features.ts'
import { peerDefinition } from './peers/definition.ts'
import { rounded } from './rounded.ts'

const SMALL = 256
const LARGE = 1_024
const SECONDS = 5
const BATCHES = 20
const WARM_STEPS = 3

interface Rate {
  readonly samples_per_cpu_s: number
  readonly samples_per_wall_s: number
}

interface Figures {
  readonly step: Rate
  readonly examples: Rate
}

/** Figures by their names; see above. */
export type TrainBenchResult = Readonly<Record<string, number | string | null>>

export const about = 'Training steps and examples a second.'

export const run = async ({
  seconds = SECONDS,
}: { readonly seconds?: number } = {}): Promise<TrainBenchResult> => {
  const ours = new Map<number, Figures>()
  for (const rows of [SMALL, LARGE]) ours.set(rows, await measured(rows, seconds))
  const torch = peer(seconds)
  const figures = (rows: number, suffix: string): Record<string, number | null> => {
    const own = ours.get(rows)!
    const theirs = torch?.batches[rows]
    const ofTheirs = (value: (rate: Rate) => number): number | null => (theirs ? value(theirs) : null)
    return {
      [`samples_per_s${suffix}`]: Math.round(own.step.samples_per_cpu_s),
      [`wall_samples_per_s${suffix}`]: Math.round(own.step.samples_per_wall_s),
      [`examples_per_s${suffix}`]: Math.round(own.examples.samples_per_cpu_s),
      [`torch_samples_per_s${suffix}`]: ofTheirs(({ samples_per_cpu_s }) => Math.round(samples_per_cpu_s)),
      [`torch_wall_samples_per_s${suffix}`]: ofTheirs(({ samples_per_wall_s }) =>
        Math.round(samples_per_wall_s),
      ),
      [`ratio${suffix}`]: ofTheirs(({ samples_per_cpu_s }) =>
        rounded(own.step.samples_per_cpu_s / samples_per_cpu_s, 2),
      ),
    }
  }
  return {
    columns: HEAVY_NETWORK.row.width,
    ...figures(LARGE, ''),
    ...figures(SMALL, '_256'),
    torch_version: torch?.version ?? null,
  }
}

const measured = async (rows: number, seconds: number): Promise<Figures> => {
  const tables = new EmbeddingTables({
    dimensions: HEAVY_NETWORK.embeddings!.dimensions,
    rows: DEFAULT_LEARNER.tableRows,
  })
  const learned = beginLearning(HEAVY_NETWORK, priorParameters('heavy'), tables)
  const step = await TrainStep.create(learned)
  const random = new Random(1)
  const examples = Array.from({ length: BATCHES }, () =>
    Array.from({ length: rows }, (_, index) => exampleOf(random, index)),
  )
  const batches = examples.map((each) => filled(newBatch(rows), each))
  const reused = newBatch(rows)
  const figures = {
    step: await timed(rows, seconds, (index) => step.run(batches[index % BATCHES]!)),
    examples: await timed(rows, seconds, (index) => step.run(filled(reused, examples[index % BATCHES]!))),
  }
  await step.dispose()
  return figures
}

const timed = async (
  rows: number,
  seconds: number,
  run: (index: number) => Promise<unknown>,
): Promise<Rate> => {
  for (let index = 0; index < WARM_STEPS; index++) await run(index)
  const start = performance.now()
  const before = process.cpuUsage()
  let steps = 0
  let cpu = 0
  while (cpu < seconds) {
    await run(steps++)
    const { user, system } = process.cpuUsage(before)
    cpu = (user + system) / 1e6
  }
  return {
    samples_per_cpu_s: (steps * rows) / cpu,
    samples_per_wall_s: (steps * rows) / ((performance.now() - start) / 1_000),
  }
}

const newBatch = (rowsMax: number): Batch => {
  // Remembers one alone: the same examples are learned again and again.
  const account = new LabelAccount(HEADS, 1, new KnownExamples(1))
  return new Batch({ row: HEAVY_NETWORK.row, heads: HEADS, rowsMax }, account)
}

const filled = (batch: Batch, examples: readonly Example[]): Batch => {
  batch.clear()
  for (const example of examples) batch.add(example)
  return batch
}

/** Rows as feeds have them, about half of each zeros; ids as many as tables have rows. */
const exampleOf = (random: Random, index: number): Example => {
  const { row } = HEAVY_NETWORK
  const at = millis(1_700_000_000_000 + index)
  const [users, authors, containers, hashtags] = DEFAULT_LEARNER.tableRows as [number, number, number, number]
  const features = new Float32Array(row.width).map(() => (random.chance(0.5) ? 0 : random.next() * 20))
  return {
    exampleId: `e${random.below(2 ** 30)}`,
    requestId: `r${random.below(2 ** 30)}` as RequestId,
    userId: `u${random.below(users)}` as UserId,
    postId: `p${index}` as PostId,
    authorId: `a${random.below(authors)}` as UserId,
    containerId: `c${random.below(containers)}` as ContainerId,
    hashtags: Array.from({ length: random.below(5) }, () => `h${random.below(hashtags)}` as Hashtag),
    position: 0,
    at,
    propensity: 1,
    modelVersion: 'bench',
    configVersion: 'bench',
    columnsHash: row.hash,
    features: packFeatures(features),
    featuresEncoding: 'packed',
    source: 'friend',
    phase: 'settled',
    labels: [
      { label: 'dwell', at, value: 1_000 + random.below(20_000) },
      ...(random.chance(0.1) ? [{ label: 'like' as const, at, value: null }] : []),
    ],
    settledLabels: [],
    isEarly: false,
    contentVector: direction(random),
    postLanguage: null,
    postKind: null,
    tasteVector: direction(random),
    viewerLanguage: null,
    heads: [],
    experiment: null,
    satisfaction: null,
  }
}

const direction = (random: Random): Buffer => {
  const values = Array.from({ length: CONTENT_DIMENSIONS }, () => random.next() - 0.5)
  const length = Math.hypot(...values)
  return Buffer.from(values.map((value) => Math.round((CONTENT_SCALE * value) / length)))
}

interface PeerFigures {
  readonly version: string
  readonly batches: Readonly<Record<number, Rate>>
}

/** PyTorch's figures, where there is one. */
const peer = (seconds: number): PeerFigures | undefined => {
  const python = process.env['FRESHET_PYTHON'] ?? 'python3'
  const input = JSON.stringify({
    network: peerDefinition(HEAVY_NETWORK),
    tableRows: DEFAULT_LEARNER.tableRows,
    idsMax: ENTITY_IDS.map(({ idsMax }) => idsMax),
    sizes: [SMALL, LARGE],
    batches: BATCHES,
    seconds,
  })
  const script = join(import.meta.dirname, 'peers', 'train.py')
  const { status, stdout, stderr } = spawnSync(python, [script], { input, encoding: 'utf8' })
  if (status === 0) return JSON.parse(stdout) as PeerFigures
  if (stderr === null || /No module named 'torch'/.test(stderr)) return undefined
  throw new Error(`${python} ${script} failed: ${stderr}`)
}
