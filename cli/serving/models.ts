import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../engine/clock.ts'
import { ModelError } from '../../models/errors.ts'
import { writePriors } from '../../models/prior/snapshots.ts'
import { RegistryFollower } from '../../models/registry/follower.ts'
import { ModelRegistry } from '../../models/registry/registry.ts'
import { ScorerPool } from '../../models/scoring/pool.ts'
import { MODELS, type ModelName } from '../../models/snapshot/manifest.ts'
import { readSnapshot } from '../../models/snapshot/read.ts'
import { CANDIDATES_MAX, PASS_0_KEPT_MAX } from '../../serving/quotas.ts'
import { SHADOW_SHARE, ShadowScoring } from '../../serving/shadow/shadow-scoring.ts'
import { ShadowFollower } from './shadow.ts'
import { onceEach } from './once-each.ts'

/** Snapshots of models and their registry, in the data directory. */
export const MODELS_DIRECTORY = 'models'
/** How soon what went live is served. */
const FOLLOW_MS = 500

/** The registry of a data directory, as this process writes it. */
export const openRegistry = (data: string, clock: Clock): Promise<ModelRegistry> =>
  ModelRegistry.open(join(data, MODELS_DIRECTORY), {
    now: () => clock.now(),
    writer: `${process.pid}`,
  })

export interface ServedModels {
  readonly registry: ModelRegistry
  readonly scorers: ScorerPool
  readonly shadow: ShadowScoring
  /** Serves what is live by now. */
  readonly follow: () => Promise<void>
  close(): Promise<void>
}

export interface ServedModelsOptions {
  readonly data: string
  readonly clock: Clock
  /** Threads that score. */
  readonly workers: number
  /** Told why a snapshot could not be served. */
  readonly failed: (error: unknown) => void
}

/**
 * Opens scorers over what the registry of a data directory says is live, and follows it. The priors are written
 * and registered where they are not; a live snapshot that cannot be read is rolled back.
 */
export const openModels = async ({
  data,
  clock,
  workers,
  failed: tell,
}: ServedModelsOptions): Promise<ServedModels> => {
  const failed = onceEach(tell)
  const registry = await openRegistry(data, clock)
  const priors = await writePriors(registry.root)
  for (const model of MODELS) await registry.begin(priors[model])
  const scorers = await ScorerPool.open({
    workers,
    rowsMax: { heavy: PASS_0_KEPT_MAX, light: CANDIDATES_MAX },
    heavy: await liveDirectory(registry, 'heavy', failed),
    light: await liveDirectory(registry, 'light', failed),
  })
  const follower = new RegistryFollower({ registry, scorers, failed: (_model, error) => failed(error) })
  const shadow = new ShadowScoring(SHADOW_SHARE, failed)
  const shadowFollower = new ShadowFollower({ registry, shadow, failed })
  let last: Promise<void> = Promise.resolve()
  const checkBoth = async (): Promise<void> => {
    await follower.check()
    await shadowFollower.check()
  }
  /** One after the other: two that look at once would open a shadow twice. */
  const check = (): Promise<void> => (last = last.then(checkBoth).catch(failed))
  const stop = new AbortController()
  const following = followUntil(stop.signal, check)
  return {
    registry,
    scorers,
    shadow,
    follow: check,
    close: async () => {
      stop.abort()
      await following
      await shadowFollower.close()
      await scorers.close()
    },
  }
}

const followUntil = async (signal: AbortSignal, check: () => Promise<void>): Promise<void> => {
  while (!signal.aborted) {
    await sleep(FOLLOW_MS, undefined, { signal, ref: false }).catch(() => undefined)
    if (!signal.aborted) await check()
  }
}

const liveDirectory = async (
  registry: ModelRegistry,
  model: ModelName,
  failed: (error: unknown) => void,
): Promise<string> => {
  for (;;) {
    const live = (await registry.live(model))!
    const directory = registry.directoryOf(live)
    try {
      await readSnapshot(directory, model)
      return directory
    } catch (error) {
      if (!(error instanceof ModelError)) throw error
      failed(error)
      // Throws where there is nothing to go back to.
      await registry.rollback(model, error.message)
    }
  }
}
