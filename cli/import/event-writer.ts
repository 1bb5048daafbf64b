import { ContractError, publicContracts } from '../../schemas/index.ts'
import type { EventSorter } from './event-sorter.ts'
import { ImportError } from './import-error.ts'
import type { ReportCounter } from './import-report.ts'

/** An edit follows its post, and a reaction the post as edited, when all are of one millisecond. */
const RANKS = { published: 0, edited: 1, reaction: 2 }

interface PostEvent {
  readonly eventId: string
  readonly postId: string
  readonly authorId: string
  readonly action: 'published' | 'edited'
  readonly kind: 'text'
  readonly audience: 'public'
  readonly containerId?: string
  readonly text?: string
  readonly language: 'en'
  readonly hashtags?: readonly string[]
  readonly at: number
}

export interface ReactionEvent {
  readonly eventId: string
  /** Null: someone not known. */
  readonly userId: string | null
  readonly postId: string
  readonly authorId: string
  readonly kind: 'comment' | 'like' | 'save' | 'see_less' | 'report'
  readonly commentId?: string
  readonly at: number
}

/** Checks events against their contracts, counts them and hands them to the sorter. */
export class EventWriter {
  readonly counter: ReportCounter
  private readonly sorter: EventSorter

  constructor(sorter: EventSorter, counter: ReportCounter) {
    this.sorter = sorter
    this.counter = counter
  }

  get events(): number {
    return this.sorter.events
  }

  post(event: PostEvent): Promise<void> | undefined {
    this.counter.wrote('posts', event.action, event.at)
    return this.write('posts', RANKS[event.action], event)
  }

  reaction(event: ReactionEvent): Promise<void> | undefined {
    this.counter.wrote('reactions', event.kind, event.at)
    return this.write('reactions', RANKS.reaction, event)
  }

  /** When something happened to a post: not before the post was there, whatever the dump says. */
  notBefore(createdAt: number, at: number): number {
    if (at >= createdAt) return at
    this.counter.moveToPost()
    return createdAt
  }

  private write(
    topic: 'posts' | 'reactions',
    rank: number,
    event: PostEvent | ReactionEvent,
  ): Promise<void> | undefined {
    try {
      publicContracts[topic].fromJson(event)
    } catch (error) {
      if (!(error instanceof ContractError)) throw error
      throw new ImportError(
        `The row behind ${event.eventId} breaks the contract: ${error.message} Correct or remove the row.`,
        { cause: error },
      )
    }
    return this.sorter.add(event.at, rank, JSON.stringify({ topic, value: event }))
  }
}
