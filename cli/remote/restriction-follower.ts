import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from '../../engine/errors.ts'
import type { InputSchemas } from '../../engine/input-schemas.ts'
import { FrameCursor } from '../../engine/log/frame.ts'
import type { Log, StoredFrame } from '../../engine/log/port.ts'
import type { Topic } from '../../engine/topic.ts'
import { schemaIdOf } from '../../schemas/codec.ts'
import { ContractError } from '../../schemas/contract.ts'
import { type Restriction, restrictionOf } from '../../serving/visibility/accepted.ts'
import { FOLLOWED_TOPICS } from '../../serving/visibility/catch-up.ts'
import type { PendingRestrictions } from '../../serving/visibility/pending-restrictions.ts'

export interface RestrictionFollowerParts {
  readonly log: Pick<Log, 'partitions' | 'endOffset' | 'read' | 'onAppend'>
  /** Undefined without a registry. */
  readonly schemas: InputSchemas | undefined
  readonly restrictions: Pick<PendingRestrictions, 'accept' | 'hasRoom'>
  /** Hears of errors that pass. */
  readonly failed: (error: EngineError) => void
}

/** A partition of a topic that forbids things, and the next offset to read. */
interface Followed {
  readonly topic: Topic<unknown>
  readonly partition: number
  readonly cursor: FrameCursor
  offset: number
  reading: Promise<void> | undefined
}

const READ_BYTES_MAX = 256 * 1024
/** Looked again so often, where nothing is heard. */
const QUIET_MS = 1_000
const RETRY_MS = 100

/**
 * Hears what others accept and publish: other serving processes, and whoever writes to Kafka. So a block counts
 * everywhere a moment after it is durable, long before rows know of it; but for a block of an author that another
 * process took as a reaction, which counts here once rows know. Follows topics from their ends; what lies
 * before is waited for at the start (see `CatchUp`). Each partition is read by itself: one that cannot be read, or
 * whose schema is waited for, holds up no other.
 */
export class RestrictionFollower {
  private readonly parts: RestrictionFollowerParts
  private readonly followed: readonly Followed[]
  private readonly running: Promise<void>
  private readonly unlisten: () => void
  private wake: () => void = () => undefined
  private hasNews = false
  private isStopping = false

  constructor(parts: RestrictionFollowerParts) {
    const { log } = parts
    this.parts = parts
    this.followed = FOLLOWED_TOPICS.flatMap((topic) =>
      Array.from({ length: log.partitions(topic.name) }, (_, partition) => ({
        topic,
        partition,
        cursor: new FrameCursor(),
        offset: log.endOffset(topic.name, partition),
        reading: undefined,
      })),
    )
    this.unlisten = log.onAppend(() => this.tellNews())
    this.running = this.run()
  }

  async close(): Promise<void> {
    this.isStopping = true
    this.unlisten()
    this.wake()
    await this.running
    for (const { reading } of this.followed) await reading
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      this.hasNews = false
      for (const each of this.followed) if (this.isBehind(each)) each.reading ??= this.catchUp(each)
      if (!this.hasNews && !this.isStopping) await this.news()
    }
  }

  private tellNews(): void {
    this.hasNews = true
    this.wake()
  }

  private async news(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, QUIET_MS)
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  private async catchUp(followed: Followed): Promise<void> {
    try {
      // Between the last look and `finally` nothing is waited for: news of that moment would go unheard.
      while (this.isBehind(followed) && (await this.readOn(followed)));
    } catch (error) {
      // What a log cannot answer now is asked for again; a closed one is the end.
      if (!(error instanceof EngineError)) throw error
      if (!this.isStopping) this.parts.failed(error)
      await sleep(RETRY_MS)
      this.tellNews()
    } finally {
      followed.reading = undefined
    }
  }

  private isBehind({ topic, partition, offset }: Followed): boolean {
    const { log, restrictions } = this.parts
    if (this.isStopping || offset >= log.endOffset(topic.name, partition)) return false
    // Where workers are far behind, what is not held yet counts once it is processed, or there is room.
    return restrictions.hasRoom()
  }

  /** Answers whether there was something to read. */
  private async readOn(followed: Followed): Promise<boolean> {
    const { topic, partition, offset } = followed
    const frames = await this.parts.log.read(topic.name, partition, offset, READ_BYTES_MAX)
    for (const frame of frames) await this.accept(frame, followed)
    return frames.length > 0
  }

  /** What comes before a record that cannot be told now is accepted all the same, for it is not read again. */
  private async accept({ baseOffset, frame }: StoredFrame, followed: Followed): Promise<void> {
    const cursor = followed.cursor.over(frame)
    const found: Restriction[] = []
    const acceptFound = (): void => this.parts.restrictions.accept(found.splice(0))
    try {
      while (cursor.next()) {
        const offset = baseOffset + cursor.index
        if (offset < followed.offset) continue
        const restriction = await this.restrictionAtCursor(followed, acceptFound)
        if (restriction !== null) found.push(restriction)
        followed.offset = offset + 1
      }
      followed.offset = Math.max(followed.offset, baseOffset + frame.count)
    } finally {
      acceptFound()
    }
  }

  /** Null for what cannot be read, too: workers put that among the dead letters, and it has no effect. */
  private async restrictionAtCursor(
    { topic, cursor }: Followed,
    beforeWaiting: () => void,
  ): Promise<Restriction | null> {
    const { schemas } = this.parts
    const codec = schemas?.codecOf(topic) ?? topic.codec
    const { buffer, valueStart, valueEnd } = cursor
    const read = (): Restriction | null =>
      restrictionOf(topic.name, codec.decode(buffer, valueStart, valueEnd))
    try {
      return read()
    } catch (error) {
      if (!(error instanceof ContractError)) throw error
      if (schemas === undefined || error.rule !== 'SCHEMA_UNKNOWN') return null
    }
    beforeWaiting()
    return (await loaded(schemas, schemaIdOf(buffer, valueStart))) ? nullIfRefused(read) : null
  }
}

/** Throws what passes where that cannot be told now. */
const loaded = async (schemas: InputSchemas, schemaId: number): Promise<boolean> => {
  try {
    return await schemas.load(schemaId)
  } catch (cause) {
    throw new EngineError('LOG_UNAVAILABLE', `schema ${schemaId} cannot be asked for: ${String(cause)}`, {
      cause,
    })
  }
}

const nullIfRefused = <Result>(read: () => Result): Result | null => {
  try {
    return read()
  } catch (error) {
    if (error instanceof ContractError) return null
    throw error
  }
}
