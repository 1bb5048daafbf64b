import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from '../../engine/errors.ts'
import type { InputSchemas } from '../../engine/input-schemas.ts'
import { FrameCursor } from '../../engine/log/frame.ts'
import type { Log, StoredFrame } from '../../engine/log/port.ts'
import type { Topic } from '../../engine/topic.ts'
import { schemaIdOf } from '../../schemas/codec.ts'
import { ContractError } from '../../schemas/contract.ts'
import { type Restriction, restrictionOf } from '../../serving/visibility/accepted.ts'
import { RESTRICTING_TOPICS } from '../../serving/visibility/catch-up.ts'
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
  offset: number
}

const READ_BYTES_MAX = 256 * 1024
/** Looked again so often, where nothing is heard. */
const QUIET_MS = 1_000
const RETRY_MS = 100

/**
 * Hears what others accept and publish: other serving processes, and whoever writes to Kafka. So a block counts
 * everywhere a moment after it is durable, long before rows know of it. Follows topics from their ends; what lies
 * before is waited for at the start (see `CatchUp`).
 */
export class RestrictionFollower {
  private readonly parts: RestrictionFollowerParts
  private readonly followed: readonly Followed[]
  private readonly cursor = new FrameCursor()
  private readonly running: Promise<void>
  private readonly unlisten: () => void
  private wake: () => void = () => undefined
  private hasNews = false
  private isStopping = false

  constructor(parts: RestrictionFollowerParts) {
    const { log } = parts
    this.parts = parts
    this.followed = RESTRICTING_TOPICS.flatMap((topic) =>
      Array.from({ length: log.partitions(topic.name) }, (_, partition) => ({
        topic,
        partition,
        offset: log.endOffset(topic.name, partition),
      })),
    )
    this.unlisten = log.onAppend(() => {
      this.hasNews = true
      this.wake()
    })
    this.running = this.run()
  }

  async close(): Promise<void> {
    this.isStopping = true
    this.unlisten()
    this.wake()
    await this.running
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      this.hasNews = false
      try {
        for (const each of this.followed) await this.catchUp(each)
      } catch (error) {
        // What a log cannot answer now is asked for again; a closed one is the end.
        if (!(error instanceof EngineError)) throw error
        if (!this.isStopping) this.parts.failed(error)
        await sleep(RETRY_MS)
      }
      if (!this.hasNews && !this.isStopping) await this.news()
    }
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
    const { log, restrictions } = this.parts
    const { topic, partition } = followed
    while (!this.isStopping && followed.offset < log.endOffset(topic.name, partition)) {
      // Workers are far behind: what is not held yet counts once it is processed, or there is room.
      if (!restrictions.hasRoom()) return
      const frames = await log.read(topic.name, partition, followed.offset, READ_BYTES_MAX)
      if (frames.length === 0) return
      restrictions.accept(await this.restrictionsIn(frames, followed))
    }
  }

  private async restrictionsIn(frames: readonly StoredFrame[], followed: Followed): Promise<Restriction[]> {
    const { cursor } = this
    const found: Restriction[] = []
    for (const { baseOffset, frame } of frames) {
      cursor.over(frame)
      while (cursor.next()) {
        if (baseOffset + cursor.index < followed.offset) continue
        const restriction = await this.restrictionAtCursor(followed.topic)
        if (restriction !== null) found.push(restriction)
      }
      followed.offset = Math.max(followed.offset, baseOffset + frame.count)
    }
    return found
  }

  /** Null for what cannot be read, too: workers put that among the dead letters, and it has no effect. */
  private async restrictionAtCursor(topic: Topic<unknown>): Promise<Restriction | null> {
    const { schemas } = this.parts
    const codec = schemas?.codecOf(topic) ?? topic.codec
    const { buffer, valueStart, valueEnd } = this.cursor
    const read = (): Restriction | null =>
      restrictionOf(topic.name, codec.decode(buffer, valueStart, valueEnd))
    try {
      return read()
    } catch (error) {
      if (!(error instanceof ContractError)) throw error
      if (schemas === undefined || error.rule !== 'SCHEMA_UNKNOWN') return null
    }
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
