import { expect } from 'vitest'
import { HOUR_MS, millis, type Millis } from '../../schemas/ids.ts'
import type { EngineErrorCode } from '../../engine/errors.ts'
import type { InputPosition, Log, LogCommit, LogSession, TopicSpec } from '../../engine/log/port.ts'

/** One adapter over one disk, empty at first. */
export interface LogFixture {
  /** Opens the log as a new process would: what was durable is there, whether or not an earlier one was closed. */
  open(clock: () => Millis): Promise<Log>
  /** Removes the disk. */
  dispose(): Promise<void>
}

/** In what adapters differ, all of it within the contract. */
export interface LogTraits {
  /** Whether offsets are left out between records. */
  readonly offsets: 'dense' | 'sparse'
  /** Who drops what is old: the log when told to, up to what tasks have read, or brokers by themselves. */
  readonly retention: 'log' | 'brokers'
}

export const TOPIC: TopicSpec = { name: 'events', partitions: 3, retentionMs: HOUR_MS }
export const OUTPUT: TopicSpec = { name: 'outputs', partitions: 2, retentionMs: HOUR_MS }

/** The log under test: a new one over an empty disk for every test. */
export class LogSubject {
  fixture!: LogFixture
  log!: Log
  now = 1_700_000_000_000
  readonly clock = (): Millis => millis(this.now)
  readonly traits: LogTraits

  constructor(traits: LogTraits) {
    this.traits = traits
  }

  async start(fixture: LogFixture): Promise<void> {
    this.fixture = fixture
    this.log = await fixture.open(this.clock)
    await this.log.createTopics([TOPIC, OUTPUT])
  }

  async reopen(): Promise<void> {
    await this.log.close()
    this.log = await this.fixture.open(this.clock)
  }

  async end(): Promise<void> {
    await this.log.close()
    await this.fixture.dispose()
  }
}

export const commitOf = (commit: Partial<LogCommit> = {}): LogCommit => ({
  positions: [],
  outputs: [],
  changelog: Buffer.alloc(0),
  ...commit,
})

export const position = (partition: number, offset: number, newest = 0): InputPosition => ({
  topic: TOPIC.name,
  partition,
  offset,
  newest,
})

export const blocksOf = async (session: LogSession, afterSequence: number): Promise<[number, string][]> => {
  const blocks: [number, string][] = []
  for await (const { sequence, bytes } of session.changelog(afterSequence)) {
    blocks.push([sequence, bytes.toString()])
  }
  return blocks
}

export const refusal = (code: EngineErrorCode) => expect.objectContaining({ code })
