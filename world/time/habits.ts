import type { Chance } from '../chance.ts'
import type { People } from '../society/people.ts'
import type { Agenda } from './agenda.ts'
import { HAPPENING } from './happenings.ts'

/** How much more often people do things than they are used to. */
export interface Pace {
  readonly posts: number
  readonly feeds: number
}

/** When people next write and read: each has one post and one session planned at any time. */
export class Habits {
  private readonly people: People
  private readonly agenda: Agenda
  private readonly chance: Chance
  private readonly planned: { readonly posts: Int32Array; readonly sessions: Int32Array }
  private pace: Pace = { posts: 1, feeds: 1 }
  /** Plans of another version are void. */
  private version = 0

  constructor(people: People, agenda: Agenda, chance: Chance) {
    this.people = people
    this.agenda = agenda
    this.chance = chance
    this.planned = { posts: new Int32Array(people.count), sessions: new Int32Array(people.count) }
  }

  /** Plans everybody's next post and session anew, after `at`. */
  begin(at: number, pace: Pace): void {
    this.pace = pace
    this.version++
    for (let user = 0; user < this.people.count; user++) {
      this.planPost(user, at)
      this.planSession(user, at)
    }
  }

  isPlanned(version: number): boolean {
    return version === this.version
  }

  planPost(user: number, after: number): void {
    this.chance.of('posting', user, this.planned.posts[user]!++)
    const perDay = this.people.postsPerDay[user]! * this.pace.posts
    const at = this.people.nextTime(user, perDay, after, this.chance)
    this.agenda.add(at, HAPPENING.write, user, -1, this.version)
  }

  planSession(user: number, after: number): void {
    this.chance.of('reading', user, this.planned.sessions[user]!++)
    const perDay = this.people.feedsPerDay[user]! * this.pace.feeds
    const at = this.people.nextTime(user, perDay, after, this.chance)
    this.agenda.add(at, HAPPENING.session, user, -1, this.version)
  }
}
