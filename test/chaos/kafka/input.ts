import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Publisher } from '../../../cli/runtime/publisher.ts'
import type { Log } from '../../../engine/log/port.ts'
import { DAY_MS } from '../../../schemas/ids.ts'
import { openEnvelope, readEnvelope, type Envelope } from '../../../schemas/envelope.ts'
import { lived } from '../../world/recorder.ts'
import { impressionOf } from './impressions.ts'

export interface Input {
  readonly events: readonly Envelope[]
  /** Everybody and every post is heard of once more, so that the same time comes to every partition; twice. */
  readonly lastRounds: readonly (readonly Envelope[])[]
}

const AFTERMATH_MS = 15 * DAY_MS
/** Of the days, those before there are feeds. */
const UNSERVED_SHARE = 0.5

/** What a small invented society does in some days and the feeds that it was served, in the order of event time. */
export const societyOf = async (users: number, days: number): Promise<Input> => {
  const { world, recorder, driver } = await lived(
    { users },
    { days: days * UNSERVED_SHARE, driver: { limit: 12 } },
  )
  await driver.run(world.now + days * (1 - UNSERVED_SHARE) * DAY_MS)
  return inputOf([...envelopesOf(recorder.lines), ...recorder.served.map(impressionOf)])
}

/** Events of a file, one a line, as `freshet import` writes them. */
export const eventsIn = async (file: string): Promise<Input> =>
  inputOf(envelopesOf((await readFile(file, 'utf8')).split('\n').filter((line) => line !== '')))

const envelopesOf = (lines: readonly string[]): Envelope[] =>
  lines.map((line) => readEnvelope(Buffer.from(line)))

/** In the order of event time. */
const inputOf = (unordered: readonly Envelope[]): Input => {
  const timed = unordered.map((event) => ({ event, at: event.contract.timeOf(event.value) }))
  timed.sort((one, other) => one.at - other.at)
  const events = timed.map(({ event }) => event)
  const end = timed.at(-1)!.at + AFTERMATH_MS
  return { events, lastRounds: [1, 2].map((round) => lastRound(events, round, end + round)) }
}

/** Names an event: those of apps by their id, feeds by their request. */
export const idOf = ({ contract, value }: Envelope): string => {
  const { eventId, requestId } = value as { readonly eventId?: string; readonly requestId?: string }
  return `${contract.topic} ${eventId ?? requestId!}`
}

interface Mentioned {
  readonly userId?: string | null
  readonly postId?: string
  readonly authorId?: string
}

/** A view by everybody of the first post, and of every post by nobody. */
const lastRound = (events: readonly Envelope[], round: number, at: number): Envelope[] => {
  const users = new Set<string>()
  const authors = new Map<string, string>()
  for (const { contract, value } of events) {
    const { userId, postId, authorId } = value as Mentioned
    if (typeof userId === 'string') users.add(userId)
    if (contract.topic === 'posts') authors.set(postId!, authorId!)
  }
  const view = (userId: string | null, postId: string, index: number): Envelope => {
    const eventId = `last of round ${round}, ${userId === null ? 'post' : 'user'} ${index}`
    const value = { eventId, userId, postId, authorId: authors.get(postId), kind: 'view', at }
    return openEnvelope({ topic: 'reactions', value })
  }
  const [first] = authors.keys()
  return [
    ...[...users].map((userId, index) => view(userId, first!, index)),
    ...[...authors.keys()].map((postId, index) => view(null, postId, index)),
  ]
}

const AUTHORS_A_USER = 50

/** Reactions of as many different users and authors as are asked for, all at one time: state for later runs to carry. */
export function* keysOf(keys: number, at: number): Iterable<Envelope> {
  for (let key = 0; key < keys; key++) {
    const author = key % AUTHORS_A_USER
    const value = {
      eventId: `key ${key}`,
      userId: `key-user-${Math.floor(key / AUTHORS_A_USER)}`,
      postId: `key-post-${author}`,
      authorId: `key-author-${author}`,
      kind: 'like',
      at,
    }
    yield openEnvelope({ topic: 'reactions', value })
  }
}

const BATCH_MS = 50

/** Publishes events one after the other, so many a second, until all are. */
export class Feeder {
  private readonly publisher: Publisher
  private readonly events: readonly Envelope[]
  private at = 0
  private stopped = false

  constructor(log: Pick<Log, 'partitions' | 'append'>, events: readonly Envelope[]) {
    this.publisher = new Publisher(log)
    this.events = events
  }

  get left(): number {
    return this.events.length - this.at
  }

  /** Resolves when everything is published, or when stopped. */
  async run(perSecond: number): Promise<void> {
    const began = performance.now()
    const from = this.at
    while (this.left > 0 && !this.stopped) {
      const due = from + Math.ceil((perSecond * (performance.now() - began)) / 1_000)
      await this.publishTo(Math.min(due, this.events.length))
      await sleep(BATCH_MS)
    }
  }

  /** `run` ends after what it is about to publish. */
  stop(): void {
    this.stopped = true
  }

  /** Publishes all that is left, at once. */
  async finish(): Promise<void> {
    this.stop()
    await this.publishTo(this.events.length)
  }

  private async publishTo(end: number): Promise<void> {
    if (this.at >= end) return
    while (this.at < end) this.publisher.add(this.events[this.at++]!)
    await this.publisher.flush()
  }
}
