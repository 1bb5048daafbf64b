import type { Millis } from '../../schemas/ids.ts'
import { ModelError } from '../errors.ts'
import {
  liveOf,
  type ModelRecord,
  type ModelState,
  REGISTERED_MODELS,
  type RecordState,
  type RegistryState,
  SHADOW_SHARE,
  shadowOf,
} from './record.ts'

/** Records kept of a model; the oldest that need not be kept give way. */
export const RECORDS_MAX = 64

/**
 * Of how many of a state the files are kept: of the newest offers, and of the retired of those that served last, before
 * all that were withdrawn. A snapshot with its vectors takes some 20 MB.
 */
export const FILES_KEPT: Readonly<Record<RecordState, number>> = {
  candidate: 2,
  shadow: 1,
  live: 1,
  retired: 5,
  refused: 1,
}

export const NOTHING_REGISTERED: RegistryState = Object.fromEntries(
  REGISTERED_MODELS.map((model) => [model, { held: null, refusals: 0, records: [] }]),
) as unknown as RegistryState

/** Adds what was offered. A version that is known stays as it is: equal content was judged already. */
export const withOffered = (state: ModelState, record: ModelRecord): ModelState => {
  if (state.records.some(({ version }) => version === record.version)) return state
  const refusals = state.refusals + (record.state === 'refused' ? 1 : 0)
  const others = record.state === 'live' ? retire(state, `replaced by ${record.version}`) : state.records
  return expired({ ...state, refusals, records: [...others, record] })
}

/** Makes a version the live one. Throws `MODEL_GONE` where its files were deleted. */
export const withPromoted = (
  state: ModelState,
  version: string,
  { at, reason, hold }: { readonly at: Millis; readonly reason: string; readonly hold: boolean },
): ModelState => {
  const record = recordOf(state, version)
  const held = hold ? { at, reason } : null
  if (record.state === 'live') return { ...state, held }
  assertFiles(record)
  const promoted = { state: 'live', promotedAt: at, isWithdrawn: false, reason } as const
  return expired({
    ...state,
    held,
    records: retire(state, `replaced by ${version}`).map((each) =>
      each.version === version ? { ...released(each), ...promoted } : each,
    ),
  })
}

/**
 * Goes back to what served before the live one, and holds promotion: the next offer would come from where the
 * withdrawn one came from. Throws `MODEL_NOTHING_EARLIER`.
 */
export const withRolledBack = (state: ModelState, at: Millis, reason: string): ModelState => {
  const live = liveOf(state)
  const earlier = state.records
    .filter((each) => each.columnsHash === live?.columnsHash)
    .filter((each) => each.state === 'retired' && each.hasFiles && !each.isWithdrawn)
    .sort((one, other) => (other.promotedAt ?? 0) - (one.promotedAt ?? 0))[0]
  if (live === undefined || earlier === undefined)
    throw new ModelError('MODEL_NOTHING_EARLIER', 'nothing else served, or its files are gone')
  return {
    ...state,
    held: { at, reason },
    records: state.records.map((each): ModelRecord => {
      if (each === live) return { ...each, state: 'retired', isWithdrawn: true, reason }
      if (each !== earlier) return each
      return { ...each, state: 'live', promotedAt: at, reason: `rolled back to, from ${live.version}` }
    }),
  }
}

/** Lets a version score beside the live one, and no other; null: none does. Throws as `withPromoted`. */
export const withShadow = (
  state: ModelState,
  version: string | null,
  share: number = SHADOW_SHARE,
): ModelState => {
  const last = shadowOf(state)
  if (version !== null) {
    const record = recordOf(state, version)
    if (record.state === 'live') throw new ModelError('MODEL_UNKNOWN', `${version} is live: shadow another`)
    assertFiles(record)
  }
  return expired({
    ...state,
    records: state.records.map((each): ModelRecord => {
      const own = each === last ? released(each) : each
      if (own.version !== version || own.state === 'shadow' || own.state === 'live') return own
      return { ...own, state: 'shadow', shadowing: { before: own.state, share } }
    }),
  })
}

/** As it was before it shadowed; an earlier version of the registry did not say what that was. */
const released = ({ shadowing, ...record }: ModelRecord): ModelRecord => ({
  ...record,
  state: shadowing?.before ?? (record.promotedAt === null ? 'candidate' : 'retired'),
})

/** The record of a version. Throws `MODEL_UNKNOWN`. */
export const recordOf = ({ records }: ModelState, version: string): ModelRecord => {
  const record = records.find((each) => each.version === version)
  if (record === undefined) throw new ModelError('MODEL_UNKNOWN', `there is no version "${version}"`)
  return record
}

const assertFiles = ({ hasFiles, model, version }: ModelRecord): void => {
  if (!hasFiles) throw new ModelError('MODEL_GONE', `${model} ${version}`)
}

const retire = ({ records }: ModelState, reason: string): ModelRecord[] =>
  records.map((each) => (each.state === 'live' ? { ...each, state: 'retired', reason } : each))

/** Gives up files and records of what is old. Priors keep theirs: there is always something to go back to. */
const expired = (state: ModelState): ModelState => {
  const { records } = state
  const left: Record<RecordState, number> = { ...FILES_KEPT }
  const givenUp = new Set(
    records
      .toReversed()
      .sort(laterServed)
      .filter((each) => each.hasFiles && each.origin !== 'prior' && left[each.state]-- <= 0),
  )
  let surplus = records.length - RECORDS_MAX
  const kept = records
    .map((each) => (givenUp.has(each) ? { ...each, hasFiles: false } : each))
    .filter((each) => each.hasFiles || surplus-- <= 0)
  return { ...state, records: kept }
}

/**
 * First what a rollback may lead to, by when it served last; of what never did the order stays. When it was offered
 * says nothing of that: a promotion by hand and a rollback lead to older offers.
 */
const laterServed = (one: ModelRecord, other: ModelRecord): number =>
  Number(one.isWithdrawn) - Number(other.isWithdrawn) || (other.promotedAt ?? 0) - (one.promotedAt ?? 0)
