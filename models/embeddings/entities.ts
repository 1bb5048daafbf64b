import { Fingerprint } from '../../processors/fingerprint.ts'
import { RANKED_HASHTAGS_MAX } from '../../schemas/impressions/limits.ts'

/** What a row is about, beside its columns: the ids that a network may know by heart. */
export interface EntityIds {
  /** Who looks; null for somebody not known. */
  readonly userId: string | null
  readonly authorId: string
  readonly containerId?: string | null
  readonly hashtags?: readonly string[]
}

/** Hashtags of a post that count; the same as those that rows read views of. */
export const ENTITY_HASHTAGS_MAX = RANKED_HASHTAGS_MAX

/** Entities that have vectors, in the order of the network's, with the ids that a row may name of each. */
export const ENTITY_IDS = [
  { entity: 'user', idsMax: 1 },
  { entity: 'author', idsMax: 1 },
  { entity: 'container', idsMax: 1 },
  { entity: 'hashtags', idsMax: ENTITY_HASHTAGS_MAX },
] as const

export const ENTITIES: readonly string[] = ENTITY_IDS.map(({ entity }) => entity)

/** An id is two hashes of 32 bits; two zeros stand for none. */
export const ID_WORDS = 2

/** Words of a row: its ids' hashes, entity after entity. */
export const ENTITY_WORDS = ENTITY_IDS.reduce((words, { idsMax }) => words + idsMax * ID_WORDS, 0)

/** Writes a row's ids as hashes into `words[offset .. offset + ENTITY_WORDS)`. */
export const writeEntityIds = (ids: EntityIds, words: Uint32Array, offset: number): void => {
  words.fill(0, offset, offset + ENTITY_WORDS)
  writeId(ids.userId, words, offset)
  writeId(ids.authorId, words, offset + ID_WORDS)
  writeId(ids.containerId, words, offset + 2 * ID_WORDS)
  const { hashtags } = ids
  if (hashtags === undefined) return
  const count = Math.min(hashtags.length, ENTITY_HASHTAGS_MAX)
  for (let index = 0; index < count; index++) writeId(hashtags[index], words, offset + (3 + index) * ID_WORDS)
}

const fingerprint = new Fingerprint()

const writeId = (id: string | null | undefined, words: Uint32Array, offset: number): void => {
  if (id === null || id === undefined) return
  fingerprint.of(id)
  words[offset] = fingerprint.low
  words[offset + 1] = fingerprint.high
}
