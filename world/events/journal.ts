import type { Closeness, ConnectionAction, ConnectionKind } from '../../schemas/connections/index.ts'
import type { Verdict } from '../../schemas/integrity/index.ts'
import { AUDIENCES, POST_KINDS, type PostAction } from '../../schemas/posts/index.ts'
import { REACTION_KINDS } from '../../schemas/reactions/index.ts'
import type { PostTable } from '../posts/post-table.ts'
import type { Writing } from '../posts/writing.ts'
import { LANGUAGES, PLACES } from '../society/places.ts'
import type { People } from '../society/people.ts'
import type { Container } from '../society/containers.ts'

export const postIdOf = (post: number): string => `post-${post}`

/** The number of a post's id; −1 for an id that is none of a world's. */
export const postOf = (postId: string): number => {
  const number = postId.startsWith('post-') ? Number(postId.slice('post-'.length)) : -1
  return Number.isInteger(number) ? number : -1
}

/** A friendship is two connections; whoever writes one says both. */
export interface TieWords {
  readonly userId: string
  readonly targetId: string
  readonly kind: ConnectionKind
  readonly action: ConnectionAction
  readonly closeness?: Closeness
}

const RADIX = 36

/** Writes down what happens as lines of NDJSON, each an envelope with an event id of its own. */
export class Journal {
  private readonly people: People
  private readonly posts: PostTable
  private readonly containers: readonly Container[]
  private readonly prefix: string
  private lines: string[] = []
  private events = 0

  constructor(people: People, posts: PostTable, containers: readonly Container[], prefix: string) {
    this.people = people
    this.posts = posts
    this.containers = containers
    this.prefix = prefix
  }

  /** Hands over what was written since the last time, in the order it was written. */
  take(): string[] {
    const taken = this.lines
    this.lines = []
    return taken
  }

  /** `context` is JSON of further fields, each followed by a comma. */
  reaction(who: number, post: number, kind: number, at: number, context: string): void {
    const { ids } = this.people
    this.lines.push(
      `{"topic":"reactions","value":{"eventId":"${this.nextId()}","userId":"${ids[who]!}","postId":"post-${post}",` +
        `"authorId":"${ids[this.posts.author[post]!]!}","kind":"${REACTION_KINDS[kind]!}",${context}"at":${at}}}`,
    )
  }

  post(post: number, action: PostAction, writing: Writing, at: number): void {
    const { posts, people } = this
    const container = this.containers[posts.container[post]!]
    const mention = posts.mention[post]!
    this.write('posts', {
      postId: postIdOf(post),
      authorId: people.ids[posts.author[post]!],
      action,
      kind: POST_KINDS[posts.kind[post]!],
      audience: AUDIENCES[posts.audience[post]!],
      ...(container !== undefined && { containerId: container.id }),
      text: writing.text,
      language: LANGUAGES[posts.language[post]!],
      hashtags: writing.hashtags,
      ...(mention !== -1 && { mentions: [people.ids[mention]] }),
      at,
    })
  }

  connection(tie: TieWords, at: number): void {
    this.write('connections', { ...tie, at })
  }

  profile(user: number, interests: readonly string[], birthYear: number, at: number): void {
    const { country } = PLACES[this.people.places[user]!]!
    const language = LANGUAGES[this.people.writes[user]!]
    this.write('profiles', { userId: this.people.ids[user], country, language, birthYear, interests, at })
  }

  verdict(post: number, verdict: Verdict, spam: number, at: number): void {
    this.write('integrity', { postId: postIdOf(post), verdict, scores: { spam }, at })
  }

  survey(who: number, satisfaction: number, at: number, requestId: string | null): void {
    const userId = this.people.ids[who]
    this.write('surveys', { userId, ...(requestId !== null && { requestId }), satisfaction, at })
  }

  private write(topic: string, fields: object): void {
    this.lines.push(JSON.stringify({ topic, value: { eventId: this.nextId(), ...fields } }))
  }

  private nextId(): string {
    return `${this.prefix}-${(this.events++).toString(RADIX)}`
  }
}
