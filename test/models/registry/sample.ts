import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Comparison } from '../../../models/gate/evidence.ts'
import { GraphBuilder } from '../../../models/graph/builder.ts'
import { INPUT, ROWS } from '../../../models/network/forward.ts'
import { OUTPUT } from '../../../models/network/serving-graph.ts'
import { onnxModel } from '../../../models/onnx/model.ts'
import { NETWORKS } from '../../../models/rankers.ts'
import { ModelRegistry, type RegistryOptions } from '../../../models/registry/registry.ts'
import {
  type ModelName,
  sha256Of,
  type SnapshotManifest,
  withVersion,
} from '../../../models/snapshot/manifest.ts'
import type { Written } from '../../../models/snapshot/write.ts'
import { type Millis, millis } from '../../../schemas/ids.ts'

export const START = 1_700_000_000_000

/** A graph that answers every row alike: there is a form for each name, and all are loaded in a moment. */
const graphOf = (model: ModelName, name: string): Uint8Array => {
  const { row, heads } = NETWORKS[model]
  const graph = new GraphBuilder(name)
  const input = graph.input(INPUT, [ROWS, row.width])
  const nothing = graph.constant(
    'nothing',
    [row.width, heads.length],
    new Float32Array(row.width * heads.length),
  )
  const always = graph.constant('always', [heads.length], new Float32Array(heads.length).fill(0.5))
  return onnxModel(graph.build([graph.named(graph.add(graph.matMul(input, nothing), always), OUTPUT)]))
}

interface FakeChanges extends Partial<Omit<SnapshotManifest, 'version' | 'model'>> {
  readonly model?: ModelName
  readonly bytes?: Uint8Array
}

/** A snapshot of nothing learned: of a graph that answers all alike, or of bytes that are none. */
export const fakeSnapshot = async (
  root: string,
  name: string,
  { bytes: given, ...changes }: FakeChanges = {},
): Promise<Written> => {
  const model: ModelName = changes.model ?? 'heavy'
  const bytes = given ?? graphOf(model, name)
  const { row, heads } = NETWORKS[model]
  const manifest = withVersion({
    format: 1,
    model,
    origin: 'trained',
    columns: row.columns.map((column) => column.name),
    columnsHash: row.hash,
    heads: heads.map((head) => head.name),
    files: { 'model.onnx': { bytes: bytes.length, sha256: sha256Of(bytes) } },
    ...changes,
  })
  const directory = join(root, `${model}-${manifest.version}`)
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'model.onnx'), bytes)
  await writeFile(join(directory, 'manifest.json'), JSON.stringify(manifest))
  return { directory, manifest }
}

/** A clock that goes on by a second whenever it is asked. */
export const ticking = (start = START): (() => Millis) => {
  let now = start
  return () => millis((now += 1_000))
}

export const openRegistry = (root: string, options: Partial<RegistryOptions> = {}): Promise<ModelRegistry> =>
  ModelRegistry.open(root, { now: ticking(), writer: 'test', ...options })

/** Both do as well; `auc` of both, where given. */
export const comparison = (candidateAuc = 0.75, liveAuc = 0.75): Comparison => {
  const reports = (auc: number) => ({
    like: {
      kind: 'probability',
      count: 10_000,
      positives: 400,
      auc,
      logLoss: 0.15,
      normalisedEntropy: 0.9,
      calibration: 1,
    } as const,
  })
  return { examples: 10_000, candidate: reports(candidateAuc), live: reports(liveAuc) }
}

export const progress = (trainedUntil = START, compared: Comparison | null = comparison()) => ({
  examples: 10_000,
  trainedUntil: millis(trainedUntil),
  comparison: compared,
})

export const copied = async (from: string, to: string): Promise<string> => {
  await cp(from, to, { recursive: true })
  return to
}
