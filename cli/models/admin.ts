import { ModelError } from '../../models/errors.ts'
import type { Hold, ModelRecord, RegisteredModel } from '../../models/registry/record.ts'
import { REGISTERED_MODELS } from '../../models/registry/record.ts'
import type { ModelRegistry } from '../../models/registry/registry.ts'

/** The registry as `freshet model` shows it. */
export interface ModelList {
  /** Oldest offer first. */
  readonly records: readonly ModelRecord[]
  /** Of models whose promotion is held: since when, and why. */
  readonly held: Readonly<Partial<Record<RegisteredModel, Hold>>>
}

export interface Promotion {
  readonly model: RegisteredModel
  readonly version: string
  readonly reason: string
  /** Offers wait as candidates until the next promotion by hand. */
  readonly hold: boolean
}

/** What `freshet model` asks of a data directory or a running server. Throws the registry's errors. */
export interface ModelAdmin {
  list(): Promise<ModelList>
  promote(promotion: Promotion): Promise<ModelRecord>
  rollback(model: RegisteredModel, reason: string): Promise<ModelRecord>
  /** `version` null: nothing scores beside the live one any more. */
  shadow(model: RegisteredModel, version: string | null, share?: number): Promise<ModelRecord | null>
}

/** Over a registry; `changed` is waited for after each change. */
export class LocalModels implements ModelAdmin {
  private readonly registry: ModelRegistry
  private readonly changed: () => Promise<void>

  constructor(registry: ModelRegistry, changed: () => Promise<void> = async () => undefined) {
    this.registry = registry
    this.changed = changed
  }

  async list(): Promise<ModelList> {
    const state = await this.registry.state()
    const held = REGISTERED_MODELS.flatMap((model) => {
      const hold = state[model].held
      return hold === null ? [] : [[model, hold] as const]
    })
    return {
      records: REGISTERED_MODELS.flatMap((model) => state[model].records),
      held: Object.fromEntries(held),
    }
  }

  async promote({ model, version, reason, hold }: Promotion): Promise<ModelRecord> {
    return this.after(this.registry.promote(model, version, { reason, hold }))
  }

  async rollback(model: RegisteredModel, reason: string): Promise<ModelRecord> {
    return this.after(this.registry.rollback(model, reason))
  }

  async shadow(model: RegisteredModel, version: string | null, share?: number): Promise<ModelRecord | null> {
    return this.after(this.registry.setShadow(model, version, share))
  }

  private async after<Result>(change: Promise<Result>): Promise<Result> {
    const result = await change
    await this.changed()
    return result
  }
}

/**
 * The one record whose version begins with `text`. Throws `MODEL_UNKNOWN` where there is none, or more than one.
 */
export const recordLike = (records: readonly ModelRecord[], text: string): ModelRecord => {
  const found = records.filter(({ version }) => version.startsWith(text))
  if (found.length === 1) return found[0]!
  const what = found.length === 0 ? 'no version begins' : `${found.length} versions begin`
  throw new ModelError('MODEL_UNKNOWN', `${what} with "${text}"`)
}
