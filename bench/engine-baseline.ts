import { setImmediate as nextTurn } from 'node:timers/promises'
import { systemClock } from '../cli/runtime/clock.ts'
import { ByteWriter } from '../engine/bytes.ts'
import { KeyWriter } from '../engine/key.ts'
import { Database } from '../engine/storage/database.ts'
import { Contributions } from '../features/contributions.ts'
import { userAuthor } from '../processors/views/user-author.ts'
import { HOUR_MS } from '../schemas/ids.ts'
import { ReactionLoad } from './engine-load.ts'

const FILL_ROWS_PER_WRITE = 10_000
const EMPTY = Buffer.alloc(0)

/**
 * What one would write first: for each event, await the row, add to it, await its write. The same RocksDB,
 * the same rows, the same number of keys in it; one key a read, one row a write. Answers events a second.
 */
export const awaitedLoop = async (
  directory: string,
  { keys, events }: { readonly keys: number; readonly events: number },
): Promise<number> => {
  const database = await Database.open(directory)
  try {
    const load = new ReactionLoad(keys)
    const loop = new Loop(database)
    const startedAt = systemClock.now() - HOUR_MS
    await loop.fill(keys, (index) => load.reaction(index, startedAt))
    const batch = Array.from({ length: events }, () => load.anyReaction(startedAt))
    const started = performance.now()
    for (const reaction of batch) await loop.count(reaction)
    return (events / (performance.now() - started)) * 1000
  } finally {
    await database.close()
  }
}

class Loop {
  private readonly database: Database
  private readonly key = new KeyWriter()
  private readonly added = new Contributions()
  private readonly row = new ByteWriter()

  constructor(database: Database) {
    this.database = database
  }

  async fill(keys: number, next: (index: number) => ReturnType<ReactionLoad['reaction']>): Promise<void> {
    for (let from = 0; from < keys; from += FILL_ROWS_PER_WRITE) {
      const batch = this.database.batch()
      for (let index = from; index < Math.min(keys, from + FILL_ROWS_PER_WRITE); index++) {
        const reaction = next(index)
        batch.put('state', this.keyOf(reaction), this.add(EMPTY, reaction))
      }
      this.database.write(batch)
      await nextTurn()
    }
  }

  async count(reaction: ReturnType<ReactionLoad['reaction']>): Promise<void> {
    const key = Buffer.from(this.keyOf(reaction))
    const [row = EMPTY] = await this.database.getMany('state', [key])
    const batch = this.database.batch()
    batch.put('state', key, this.add(row, reaction))
    this.database.write(batch)
    await Promise.resolve()
  }

  private keyOf(reaction: ReturnType<ReactionLoad['reaction']>): Buffer {
    this.key.reset()
    userAuthor.key(reaction, this.key)
    return this.key.view()
  }

  private add(row: Buffer, reaction: ReturnType<ReactionLoad['reaction']>): Buffer {
    userAuthor.count(reaction, this.added)
    this.row.reset()
    userAuthor.rows.add(row, 0, row.length, this.added, this.row)
    return this.row.view()
  }
}
