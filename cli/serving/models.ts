import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../engine/clock.ts'
import { ModelError } from '../../models/errors.ts'
import { writePrior } from '../../models/prior/snapshots.ts'
import { RegistryFollower, type Served } from '../../models/registry/follower.ts'
import { tryOut } from '../../models/registry/try-out.ts'
import { REGISTERED_MODELS, type RegisteredModel } from '../../models/registry/record.ts'
import { ModelRegistry } from '../../models/registry/registry.ts'
import { ScorerPool } from '../../models/scoring/pool.ts'
import { type LoadedTowers, readTowers } from '../../models/retrieval/tower-snapshot.ts'
import { MODELS } from '../../models/snapshot/manifest.ts'
import { CANDIDATES_MAX, PASS_0_KEPT_MAX } from '../../serving/quotas.ts'
import { ShadowScoring } from '../../serving/shadow/shadow-scoring.ts'
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
  /** The towers that were live at the start. */
  readonly towers: LoadedTowers
  /** Lets something else serve what goes live of a model. */
  readonly serve: (model: RegisteredModel, served: Served) => void
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
 * Opens scorers over what the registry of a data directory says is live, and follows it. Priors are written
 * and registered where they are not; a live snapshot that could not serve is rolled back. Where it throws nothing is
 * left open.
 */
export const openModels = async ({
  data,
  clock,
  workers,
  failed: tell,
}: ServedModelsOptions): Promise<ServedModels> => {
  const failed = onceEach(tell)
  const registry = await openRegistry(data, clock)
  // One after the other: what lies there and is not registered may be taken for what a dead writer left.
  for (const model of REGISTERED_MODELS) await registry.begin(await writePrior(registry.root, model))
  const towers = await readTowers(await liveDirectory(registry, 'retrieval', failed))
  const scorers = await ScorerPool.open({
    workers,
    rowsMax: { heavy: PASS_0_KEPT_MAX, light: CANDIDATES_MAX },
    heavy: await liveDirectory(registry, 'heavy', failed),
    light: await liveDirectory(registry, 'light', failed),
  })
  const follower = new RegistryFollower({ registry, clock, failed: (_model, error) => failed(error) })
  for (const model of MODELS) {
    const { version } = scorers.manifests[model]
    follower.serve(model, { version, swap: (directory) => scorers.swap(model, directory) })
  }
  const shadow = new ShadowScoring(failed)
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
    towers,
    serve: (model, served) => follower.serve(model, served),
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
  model: RegisteredModel,
  failed: (error: unknown) => void,
): Promise<string> => {
  for (;;) {
    const live = (await registry.live(model))!
    const directory = registry.directoryOf(live)
    try {
      await tryOut(directory, model)
      return directory
    } catch (error) {
      if (!(error instanceof ModelError)) throw error
      failed(error)
      // Of servers that begin together each finds it wanting, and one takes it back. Throws where nothing is earlier.
      await registry.rollback(model, error.message, { from: live.version })
    }
  }
}
