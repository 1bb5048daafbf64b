import { CONTENT_BYTES } from '../../../models/embeddings/contents.ts'
import { ENTITY_WORDS, writeEntityIds } from '../../../models/embeddings/entities.ts'
import { HEADS } from '../../../models/heads.ts'
import { rankingRow } from '../../../models/ranking-row.ts'
import type { ScoringSession } from '../../../models/scoring/session.ts'
import type { Example } from '../../../schemas/examples/index.ts'
import { unpackInto } from '../../../schemas/impressions/packed-features.ts'
import { labelled } from '../training/sample.ts'

/** Every click told as none, and none as a click. */
export const flipped = (example: Example): Example => {
  const { value } = example.labels.find(({ label }) => label === 'dwell')!
  const dwell = ['dwell', value!] as const
  const isClicked = example.labels.some(({ label }) => label === 'click')
  return { ...example, labels: isClicked ? labelled(dwell) : labelled('click', dwell) }
}

/** Examples with what the live snapshot foresaw when it served them. */
export const servedBy = async (session: ScoringSession, examples: readonly Example[]): Promise<Example[]> => {
  const rows = new Float32Array(examples.length * rankingRow.width)
  const entities = new Uint32Array(examples.length * ENTITY_WORDS)
  const contents = new Int8Array(examples.length * CONTENT_BYTES)
  const outputs = new Float32Array(examples.length * HEADS.length)
  for (const [at, example] of examples.entries()) {
    unpackInto(example.features, rows, at * rankingRow.width)
    writeEntityIds(example, entities, at * ENTITY_WORDS)
  }
  await session.score(rows, examples.length, outputs, { entities, contents })
  return examples.map((example, at) => ({
    ...example,
    heads: [...outputs.subarray(at * HEADS.length, (at + 1) * HEADS.length)],
  }))
}
