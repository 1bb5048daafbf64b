import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Comparison } from '../../../models/gate/evidence.ts'
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

/** A snapshot whose files are checked as any other's, and whose graph is none: the registry never runs one. */
export const fakeSnapshot = async (
  root: string,
  name: string,
  changes: Partial<Omit<SnapshotManifest, 'version' | 'model'>> & { readonly model?: ModelName } = {},
): Promise<Written> => {
  const bytes = Buffer.from(name)
  const model: ModelName = changes.model ?? 'heavy'
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
