import type { Millis } from '../../schemas/ids.ts'
import type { Finding } from '../gate/finding.ts'
import type { HeadReports } from '../metrics/progressive.ts'
import { type Origin, SNAPSHOT_MODELS, type SnapshotModel } from '../snapshot/manifest.ts'

/** Models whose snapshots are registered. */
export const REGISTERED_MODELS = SNAPSHOT_MODELS
export type RegisteredModel = SnapshotModel

/**
 * candidate: offered, and passed the gate while promotion was held, or could not be judged yet; shadow: scores a share
 * of the pages beside the live one, and how it differs is told as metrics: nothing that it says is served or logged; live: serves; retired: served; refused: did not
 * pass the gate.
 */
export const RECORD_STATES = ['candidate', 'shadow', 'live', 'retired', 'refused'] as const
export type RecordState = (typeof RECORD_STATES)[number]

export interface Shadowing {
  /** What it was before, and is again after. */
  readonly before: Exclude<RecordState, 'shadow' | 'live'>
  /** Of the requests. */
  readonly share: number
}

/** Requests that a shadow scores too, where not said otherwise. */
export const SHADOW_SHARE = 0.1
export const SHADOW_SHARE_MIN = 0.001

/** What the registry knows of a snapshot. */
export interface ModelRecord {
  readonly model: RegisteredModel
  readonly version: string
  /** The version that was live when it was offered; null for what began the registry. */
  readonly parent: string | null
  readonly origin: Origin
  readonly columnsHash: string
  readonly state: RecordState
  /** Examples that it learned from, in all. */
  readonly examples: number
  /** Time of the latest of them; null without. */
  readonly trainedUntil: Millis | null
  /** Of a shadow alone. */
  readonly shadowing?: Shadowing
  /** Wall time. */
  readonly offeredAt: Millis
  /** When it last went live, wall time; null for what never served. */
  readonly promotedAt: Millis | null
  /** Taken back by a rollback: no later rollback leads to it. */
  readonly isWithdrawn: boolean
  /** Whether its files are still there: those of old ones are deleted. */
  readonly hasFiles: boolean
  /** By head, over the examples it was judged on; null for what was not judged. */
  readonly metrics: HeadReports | null
  /** What was live then, over the same examples. */
  readonly against: { readonly version: string; readonly metrics: HeadReports } | null
  /** What the gate found; empty for what passed. */
  readonly findings: readonly Finding[]
  /** Why it is in this state, in words. */
  readonly reason: string
}

/** Why no offer is promoted for the time being. */
export interface Hold {
  readonly at: Millis
  readonly reason: string
}

/** Of one model: its records, oldest offer first. At most one is live, and at most one shadows it. */
export interface ModelState {
  readonly held: Hold | null
  /** Offers that were refused, in all. */
  readonly refusals: number
  readonly records: readonly ModelRecord[]
}

export type RegistryState = Readonly<Record<RegisteredModel, ModelState>>

/** Of records that name a snapshot: where it lies below the registry's root. */
export const directoryNameOf = ({ model, version }: Pick<ModelRecord, 'model' | 'version'>): string =>
  `${model}-${version}`

export const liveOf = ({ records }: ModelState): ModelRecord | undefined =>
  records.find(({ state }) => state === 'live')

export const shadowOf = ({ records }: ModelState): ModelRecord | undefined =>
  records.find(({ state }) => state === 'shadow')
