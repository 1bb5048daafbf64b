import { join } from 'node:path'
import type { Millis } from '../../schemas/ids.ts'
import { ModelError } from '../errors.ts'
import { type Comparison, usualAucOf } from '../gate/evidence.ts'
import { type Finding, sayFinding } from '../gate/finding.ts'
import { judge, type Verdict } from '../gate/gate.ts'
import type { ParitySample } from '../gate/parity.ts'
import { checkedLimits, GATE_LIMITS, type GateLimits } from '../gate/limits.ts'
import { readManifest } from '../snapshot/read.ts'
import type { Written } from '../snapshot/write.ts'
import { type RegistryDisk, registryDisk } from './disk.ts'
import {
  directoryNameOf,
  liveOf,
  type ModelRecord,
  type ModelState,
  REGISTERED_MODELS,
  type RegisteredModel,
  type RegistryState,
  SHADOW_SHARE,
  SHADOW_SHARE_MIN,
  shadowOf,
} from './record.ts'
import { type ReadState, StateFiles } from './state-files.ts'
import { tryOut } from './try-out.ts'
import { recordOf, withOffered, withPromoted, withRolledBack, withShadow } from './transitions.ts'

/** Times that a change is tried again, when others change the registry meanwhile. */
const TRIES_MAX = 32
/** How many of the snapshots that passed lately say what is usual. */
const USUAL_RECORDS = 15
/** A snapshot that nobody has offered so long after it was written is what a dead writer left. */
export const UNOFFERED_MS_MAX = 60 * 60 * 1_000

export interface RegistryOptions {
  /** Wall time. */
  readonly now: () => Millis
  /** Stands in the names of files that it has not finished, such as a process's id; others may have the same. */
  readonly writer: string
  readonly gate?: GateLimits
  /** Where not the directory itself: for tests of what a crash leaves. */
  readonly disk?: RegistryDisk
}

/** How a snapshot came about, and what there is to judge it by. */
export interface Progress {
  /** Examples learned from, in all. */
  readonly examples: number
  /** Time of the latest. */
  readonly trainedUntil: Millis | null
  /** Null: it cannot be judged, and waits for somebody to promote it. */
  readonly comparison: Comparison | null
  /** What its trainer says of some rows; without, it is only asked whether it answers at all. */
  readonly parity?: ParitySample | null
}

/**
 * The snapshots below a directory: which serve, which did, which were refused and why. Any number of processes may
 * have it open; every change is one atomic step on disk, and what others change is seen at the next call.
 */
export class ModelRegistry {
  readonly root: string
  private readonly files: StateFiles
  private readonly disk: RegistryDisk
  private readonly now: () => Millis
  private readonly gate: GateLimits
  private last: ReadState | undefined

  private constructor(root: string, disk: RegistryDisk, { now, gate }: RegistryOptions) {
    this.root = root
    this.disk = disk
    this.files = new StateFiles(disk)
    this.now = now
    this.gate = checkedLimits(gate ?? GATE_LIMITS)
  }

  /** Opens the directory, made if it is missing. Throws `REGISTRY_CORRUPT`, `GATE_INVALID`. */
  static async open(root: string, options: RegistryOptions): Promise<ModelRegistry> {
    const disk = options.disk ?? (await registryDisk(root, options.writer))
    const registry = new ModelRegistry(root, disk, options)
    await registry.sweep(await registry.state())
    return registry
  }

  /** What is registered now. */
  async state(): Promise<RegistryState> {
    if (this.last === undefined || this.last.generation !== (await this.files.newest()))
      this.last = await this.files.read()
    return this.last.state
  }

  /** Oldest offer first. */
  async list(model?: RegisteredModel): Promise<readonly ModelRecord[]> {
    const state = await this.state()
    return (model === undefined ? REGISTERED_MODELS : [model]).flatMap((each) => state[each].records)
  }

  async live(model: RegisteredModel): Promise<ModelRecord | null> {
    return liveOf((await this.state())[model]) ?? null
  }

  async shadow(model: RegisteredModel): Promise<ModelRecord | null> {
    return shadowOf((await this.state())[model]) ?? null
  }

  /** Where a record's files are. */
  directoryOf(record: Pick<ModelRecord, 'model' | 'version'>): string {
    return join(this.root, directoryNameOf(record))
  }

  /**
   * Registers what a model begins with, such as its prior: live where nothing is, or where what is live was made
   * for other columns than this code fills; else known, to be gone back to.
   */
  async begin({ manifest }: Written): Promise<ModelRecord> {
    const { model, version, origin, columnsHash } = manifest
    return this.change(
      model,
      (state) => {
        const live = liveOf(state)
        const known = state.records.find((each) => each.version === version)
        if (live?.columnsHash === columnsHash && known !== undefined) return state
        const at = this.now()
        const begins = live?.columnsHash !== columnsHash
        const reason = live === undefined ? 'the first' : `${live.version} was made for other columns`
        if (known !== undefined)
          return withPromoted(withFiles(state, version), version, { at, reason, hold: false })
        return withOffered(state, {
          ...NEW_RECORD,
          model,
          version,
          origin,
          columnsHash,
          parent: null,
          offeredAt: at,
          state: begins ? 'live' : 'retired',
          promotedAt: begins ? at : null,
          reason: begins ? reason : 'what the model begins with',
        })
      },
      version,
    )
  }

  /**
   * Offers a snapshot that lies below the root. It goes live when the gate lets it, is refused with what the gate
   * found, or waits as a candidate where it cannot be judged or promotion is held. One that was made for other
   * columns, that does not run, or that answers otherwise than what learned it is refused. Throws `SNAPSHOT_MISSING` and `SNAPSHOT_CORRUPT`: then nothing is registered.
   */
  async offer(directory: string, progress: Progress): Promise<ModelRecord> {
    const { examples, trainedUntil, comparison, parity } = progress
    const { model, version, origin, columnsHash } = await readManifest(directory)
    const trial = await tryOut(directory, model, parity).then(trialOf, misfitOf)
    const offered = (state: ModelState): ModelState => {
      const live = liveOf(state)
      const at = this.now()
      const outcome = outcomeOf(this.verdictOn(progress, state), trial, state)
      return withOffered(state, {
        ...NEW_RECORD,
        model,
        version,
        origin,
        columnsHash,
        examples,
        trainedUntil,
        ...outcome,
        parent: live?.version ?? null,
        offeredAt: at,
        promotedAt: outcome.state === 'live' ? at : null,
        metrics: comparison?.candidate ?? null,
        against:
          comparison === null || live === undefined
            ? null
            : { version: live.version, metrics: comparison.live },
      })
    }
    return this.change(model, offered, version)
  }

  /**
   * Makes a version live, whatever the gate said; `hold` keeps it so until the next promotion by hand. Throws
   * `MODEL_UNKNOWN`, `MODEL_GONE`, and `SNAPSHOT_…` for one that could not serve.
   */
  async promote(
    model: RegisteredModel,
    version: string,
    { reason, hold = false }: { readonly reason: string; readonly hold?: boolean },
  ): Promise<ModelRecord> {
    const record = recordOf((await this.state())[model], version)
    if (record.hasFiles) await this.assertServes(record)
    return this.change(
      model,
      (state) => withPromoted(state, version, { at: this.now(), reason, hold }),
      version,
    )
  }

  /**
   * Goes back to what served before, and holds promotion; answers what is live. Who means one version says so by
   * `from`: where another is live by now nothing changes, for several may find the same one wanting at once. Throws
   * `MODEL_NOTHING_EARLIER`.
   */
  async rollback(
    model: RegisteredModel,
    reason: string,
    { from }: { readonly from?: string } = {},
  ): Promise<ModelRecord> {
    const rolledBack = (state: ModelState): ModelState =>
      from === undefined || liveOf(state)?.version === from
        ? withRolledBack(state, this.now(), reason)
        : state
    return this.change(model, rolledBack, null)
  }

  /**
   * Lets a version score a share of the requests beside the live one; null: none. Throws as `promote`, and
   * `SHADOW_REFUSED` for a model that nothing would score, or a share out of bounds.
   */
  async setShadow(
    model: RegisteredModel,
    version: string | null,
    share: number = SHADOW_SHARE,
  ): Promise<ModelRecord | null> {
    if (version !== null) {
      checkShadow(model, share)
      const record = recordOf((await this.state())[model], version)
      if (record.hasFiles) await this.assertServes(record)
    }
    await this.change(model, (state) => withShadow(state, version, share), version)
    return this.shadow(model)
  }

  private verdictOn({ comparison, trainedUntil }: Progress, { records }: ModelState): Verdict {
    if (comparison === null) return { outcome: 'unsure', reason: 'there was nothing to judge it by' }
    const since = (trainedUntil ?? 0) - this.gate.shiftMsMax
    const passed = records
      .filter((each) => each.promotedAt !== null && !each.isWithdrawn && (each.trainedUntil ?? 0) >= since)
      .slice(-USUAL_RECORDS)
    const reports = passed.flatMap(({ metrics }) => (metrics === null ? [] : [metrics]))
    return judge(comparison, usualAucOf(reports), this.gate)
  }

  private async assertServes(record: ModelRecord): Promise<void> {
    await tryOut(this.directoryOf(record), record.model)
  }

  /** Applies a change to the newest state; answers the record of `version`, or the live one where null. */
  private async change(
    model: RegisteredModel,
    apply: (state: ModelState) => ModelState,
    version: string | null,
  ): Promise<ModelRecord> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const { generation, state } = await this.files.read()
      const changed = apply(state[model])
      const next = { ...state, [model]: changed }
      if (changed === state[model] || (await this.files.write(generation, next))) {
        await this.sweep(next)
        return version === null ? liveOf(changed)! : recordOf(changed, version)
      }
    }
    throw new ModelError('REGISTRY_BUSY', `${TRIES_MAX} tries to change ${model}`)
  }

  /** Deletes snapshots whose files were given up, and what a dead writer left. */
  private async sweep(state: RegistryState): Promise<void> {
    const records = new Map(
      REGISTERED_MODELS.flatMap((model) => state[model].records).map((each) => [directoryNameOf(each), each]),
    )
    for (const name of await this.disk.list()) {
      if (!SNAPSHOT_DIRECTORY.test(name) && !PART_NAME.test(name)) continue
      const record = records.get(name)
      if (record === undefined ? await this.isLeft(name) : !record.hasFiles) await this.disk.remove(name)
    }
  }

  private async isLeft(name: string): Promise<boolean> {
    const writtenAt = await this.disk.writtenAt(name)
    return writtenAt !== null && writtenAt < this.now() - UNOFFERED_MS_MAX
  }
}

/** A page is what the heavy ranker scored: what the others say of a request is not kept. */
const checkShadow = (model: RegisteredModel, share: number): void => {
  if (model !== 'heavy') {
    const detail = `nothing scores ${model} beside the live one: only pages are scored again, by the heavy ranker`
    throw new ModelError('SHADOW_REFUSED', detail)
  }
  if (!(share >= SHADOW_SHARE_MIN && share <= 1)) {
    const detail = `share is ${share}: use a number from ${SHADOW_SHARE_MIN} to 1`
    throw new ModelError('SHADOW_REFUSED', detail)
  }
}

const SNAPSHOT_DIRECTORY = new RegExp(`^(${REGISTERED_MODELS.join('|')})-[0-9a-f]{16}$`)
/** A snapshot or a state of the registry that is not whole: no record is of one. */
const PART_NAME = new RegExp(
  `^((${REGISTERED_MODELS.join('|')})-[0-9a-f]{16}|registry-\\d{12}\\.json).*\\.part`,
)

const NEW_RECORD = {
  examples: 0,
  trainedUntil: null,
  isWithdrawn: false,
  hasFiles: true,
  metrics: null,
  against: null,
  findings: [],
} as const

/** Why a snapshot cannot serve, whatever its figures; null where it can. */
type Trial = Pick<ModelRecord, 'reason' | 'findings'> | null

const trialOf = (findings: readonly Finding[]): Trial =>
  findings.length === 0 ? null : { reason: findings.map(sayFinding).join('; '), findings }

const misfitOf = (error: unknown): Trial => {
  if (!(error instanceof ModelError)) throw error
  if (error.code === 'SNAPSHOT_COLUMNS') return { reason: error.message, findings: [] }
  if (error.code === 'SNAPSHOT_FAILED') return { reason: `parity: ${error.message}`, findings: [] }
  throw error
}

/** A snapshot that is written anew has its files again. */
const withFiles = (state: ModelState, version: string): ModelState => ({
  ...state,
  records: state.records.map((each) => (each.version === version ? { ...each, hasFiles: true } : each)),
})

const outcomeOf = (
  verdict: Verdict,
  trial: Trial,
  { held }: ModelState,
): Pick<ModelRecord, 'state' | 'reason' | 'findings'> => {
  if (trial !== null) return { state: 'refused', ...trial }
  if (verdict.outcome === 'refused') {
    const { findings } = verdict
    return { state: 'refused', reason: findings.map(sayFinding).join('; '), findings }
  }
  if (verdict.outcome === 'unsure') return { state: 'candidate', reason: verdict.reason, findings: [] }
  return held === null
    ? { state: 'live', reason: `holds on ${verdict.heads.join(', ')}`, findings: [] }
    : { state: 'candidate', reason: `passed, but promotion is held: ${held.reason}`, findings: [] }
}
