import type { Redis } from 'ioredis'
import { unavailable } from './client.ts'
import { BEGIN_CLEARING, CLEAR_ROWS, END_CLEARING } from './script.ts'

/** Looked at in one step: others are served in between. */
const KEYS_A_STEP = 1_000

export interface Clearing {
  /** The key of the position, which begins the keys of the rows. */
  readonly tag: Buffer
  readonly nodes: readonly Redis[]
  readonly evaluate: (
    script: string,
    keys: readonly Buffer[],
    args: readonly string[],
  ) => Promise<string | null>
  readonly attempt: <Answer>(command: Promise<Answer>) => Promise<Answer>
}

/**
 * Deletes a store's partition. Nothing is written to it meanwhile, whoever tries; one who dies at it is followed by
 * another. Throws `FEATURES_UNAVAILABLE` when another is at it, or Redis does not answer: then it is tried again.
 */
export const clearStore = async ({ tag, nodes, evaluate, attempt }: Clearing): Promise<void> => {
  const told = async (script: string, rows: readonly Buffer[], args: readonly string[]): Promise<string> => {
    const answer = await evaluate(script, [tag, ...rows], args)
    if (answer === null) throw unavailable('another clears these rows')
    return answer
  }
  let token = await told(BEGIN_CLEARING, [], [])
  const pattern = `${escapedPattern(tag.toString())}:*`
  for (const node of nodes) {
    for (let cursor: string | undefined; cursor !== '0';) {
      const scan = node.scanBuffer(cursor ?? '0', 'MATCH', pattern, 'COUNT', KEYS_A_STEP)
      const [next, keys] = await attempt(scan)
      token = await told(CLEAR_ROWS, keys, [token])
      cursor = next.toString()
    }
  }
  await told(END_CLEARING, [], [token])
}

/** Letters that mean something in a pattern of Redis stand for themselves. */
const escapedPattern = (text: string): string => text.replaceAll(/[*?[\]\\^]/g, '\\$&')
