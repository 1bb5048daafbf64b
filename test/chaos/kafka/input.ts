import { setTimeout as sleep } from 'node:timers/promises'
import { Publisher } from '../../../cli/runtime/publisher.ts'
import type { Log } from '../../../engine/log/port.ts'
import { DAY_MS } from '../../../schemas/ids.ts'
import { openEnvelope, readEnvelope, type Envelope } from '../../../schemas/envelope.ts'
import { lived, parsed } from '../../world/recorder.ts'

export interface Input {
  readonly events: readonly Envelope[]
  /** Everybody and every post is heard of once more, so that the same time comes to every partition; twice. */
  readonly lastRounds: readonly (readonly Envelope[])[]
}

const AFTERMATH_MS = 15 * DAY_MS

/** What a small invented society does in some days, in the order of event time. */
export const inputOf = async (users: number, days: number): Promise<Input> => {
  const { recorder } = await lived({ users }, { days, driver: { limit: 12 } })
  const lines = parsed(recorder.lines)
  const order = [...lines.keys()].sort((one, other) => lines[one]!.value.at - lines[other]!.value.at)
  const events = order.map((index) => readEnvelope(Buffer.from(recorder.lines[index]!)))
  const end = lines.reduce((latest, { value }) => Math.max(latest, value.at), 0) + AFTERMATH_MS
  const posts = lines.filter(({ topic }) => topic === 'posts').map(({ value }) => value)
  const userIds = [
    ...new Set(lines.flatMap(({ value }) => (typeof value['userId'] === 'string' ? [value['userId']] : []))),
  ]
  const lastRounds = [1, 2].map((round) => {
    const view = (
      userId: string | null,
      post: Readonly<Record<string, unknown>>,
      index: number,
    ): Envelope => {
      const { postId, authorId } = post
      const eventId = `last of round ${round}, ${userId === null ? 'post' : 'user'} ${index}`
      return openEnvelope({
        topic: 'reactions',
        value: { eventId, userId, postId, authorId, kind: 'view', at: end + round },
      })
    }
    return [
      ...userIds.map((userId, index) => view(userId, posts[0]!, index)),
      ...posts.map((post, index) => view(null, post, index)),
    ]
  })
  return { events, lastRounds }
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

/** Publishes in batches, as fast as the log takes them. */
export const publishAll = async (
  log: Pick<Log, 'partitions' | 'append'>,
  events: Iterable<Envelope>,
): Promise<void> => {
  const publisher = new Publisher(log)
  for (const event of events) {
    publisher.add(event)
    if (publisher.size === BATCH_EVENTS) await publisher.flush()
  }
  await publisher.flush()
}

const BATCH_EVENTS = 5_000
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

  /** Publishes all that is left, at once. */
  async finish(): Promise<void> {
    this.stopped = true
    await this.publishTo(this.events.length)
  }

  private async publishTo(end: number): Promise<void> {
    if (this.at >= end) return
    while (this.at < end) this.publisher.add(this.events[this.at++]!)
    await this.publisher.flush()
  }
}
