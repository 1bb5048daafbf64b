import { ModelError } from '../errors.ts'
import type { Finding } from '../gate/finding.ts'
import { parityFindings, type ParitySample } from '../gate/parity.ts'
import { NETWORKS } from '../rankers.ts'
import { TOWER_INPUTS } from '../retrieval/tower-inputs.ts'
import { readTowers } from '../retrieval/tower-snapshot.ts'
import { SIDES, towerVector } from '../retrieval/towers.ts'
import { ITEM_DIMENSIONS } from '../retrieval/vector-index.ts'
import { openSession } from '../scoring/open-session.ts'
import type { ScoringSession } from '../scoring/session.ts'
import type { ModelName } from '../snapshot/manifest.ts'
import type { RegisteredModel } from './record.ts'

/**
 * Opens a snapshot as serving would and lets it answer; blocks its thread for some milliseconds. Answers where it says
 * something else than its trainer did, as far as a sample tells. Throws `SNAPSHOT_…` for one that could not serve.
 */
export const tryOut = async (
  directory: string,
  model: RegisteredModel,
  sample: ParitySample | null = null,
): Promise<readonly Finding[]> => {
  if (model === 'retrieval') {
    await tryTowers(directory)
    return []
  }
  const session = await openSession(directory, model)
  try {
    return await tryRanker(session, model, sample ?? emptyRowOf(model))
  } catch (error) {
    if (!(error instanceof ModelError && error.code === 'SCORING_FAILED')) throw error
    throw new ModelError('SNAPSHOT_FAILED', error.detail, { cause: error })
  } finally {
    await session.dispose()
  }
}

/** Of which is known only that answers are numbers. */
const emptyRowOf = (model: ModelName): Omit<ParitySample, 'logits'> => ({
  rows: new Float32Array(NETWORKS[model].row.width),
  count: 1,
})

const tryRanker = async (
  session: ScoringSession,
  model: ModelName,
  sample: Omit<ParitySample, 'logits'> & Partial<Pick<ParitySample, 'logits'>>,
): Promise<readonly Finding[]> => {
  const { heads } = NETWORKS[model]
  const { rows, count, about, logits } = sample
  const answers = new Float32Array(count * heads.length)
  await session.score(rows, count, answers, about)
  if (!answers.every(Number.isFinite))
    throw new ModelError('SNAPSHOT_FAILED', `${model}-${session.manifest.version} answers what is no number`)
  return logits === undefined ? [] : parityFindings(heads, { ...sample, logits }, answers)
}

/** Their parameters are all of a snapshot, so nothing can differ from what was learned but by its hash. */
const tryTowers = async (directory: string): Promise<void> => {
  const { parameters } = await readTowers(directory)
  const vector = new Float32Array(ITEM_DIMENSIONS)
  for (const side of SIDES) {
    towerVector(parameters, side, new Float32Array(TOWER_INPUTS).fill(1), vector)
    if (!vector.every(Number.isFinite))
      throw new ModelError('SNAPSHOT_FAILED', `${directory} makes vectors that are none`)
  }
}
