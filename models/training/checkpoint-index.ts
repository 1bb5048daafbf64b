import { LIGHT_NETWORK } from '../rankers.ts'
import { PLACES } from '../retrieval/sampling-frequency.ts'
import { TOWERS_HASH } from '../retrieval/tower-snapshot.ts'
import type { NetworkDefinition } from '../network/definition.ts'
import { networkHash } from '../network/network-hash.ts'
import { sha256Of, SNAPSHOT_MODELS, type SnapshotModel } from '../snapshot/manifest.ts'
import type { Position } from './standing.ts'

/** Raised when states or fields of the index change their meaning. */
export const FORMAT = 4

/** Names of networks, by `networkHash`; of the towers, of what they read and how they are built. */
export type Networks = Readonly<Record<SnapshotModel, string>>

/** What a checkpoint says of itself: `checkpoint.json`. */
export interface Index {
  readonly format: number
  /** What each state was learned by; one text where the format is below 4. */
  readonly network: Networks
  readonly steps: number
  readonly latestAt: number
  readonly position: Position
  readonly beside?: { readonly light: Position; readonly towers: Position } | null
  /** The share of negatives that was learned from; absent where all were. */
  readonly negativesKept?: number
  /** SHA-256 of each. */
  readonly files: Readonly<Record<string, string>>
  /** SHA-256 of all else in the index. */
  readonly check: string
}

export const indexText = (index: Omit<Index, 'format' | 'check'>): string => {
  const content = { format: FORMAT, ...index }
  return `${JSON.stringify({ ...content, check: checkOf(content) }, null, 2)}\n`
}

/** An index that says of itself what it should; undefined for any other text. */
export const parsedIndex = (text: string): Index | undefined => {
  try {
    const index = JSON.parse(text) as Index
    return index.check === checkOf(index) ? index : undefined
  } catch {
    return undefined
  }
}

/** Of an index as any format has it: before the third nothing stood beside, before the fourth all negatives were kept. */
const checkOf = (index: Omit<Index, 'check'>): string => {
  const { format, network, steps, latestAt, position, files, beside, negativesKept } = index
  const since = [beside, negativesKept].filter((each) => each !== undefined)
  const content = [format, network, steps, latestAt, position, files, ...since]
  return sha256Of(Buffer.from(JSON.stringify(content)))
}

export const networksOf = (heavy: NetworkDefinition): Networks => ({
  heavy: networkHash(heavy),
  light: networkHash(LIGHT_NETWORK),
  retrieval: `${TOWERS_HASH}-${PLACES}`,
})

/** Models whose states this code cannot go on from: those of other networks; of another format, all. */
export const othersIn = ({ format, network }: Index, heavy: NetworkDefinition): SnapshotModel[] => {
  const networks = networksOf(heavy)
  return SNAPSHOT_MODELS.filter((model) => format !== FORMAT || network[model] !== networks[model])
}
