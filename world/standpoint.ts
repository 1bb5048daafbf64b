import type { People } from './society/people.ts'
import { TIE, type Ties } from './society/ties.ts'

/** How much less a viewer cares for an author after having hidden a post, or asked for less. */
const ANNOYANCE = { hide: 0.6, see_less: 2.5 } as const
const ANNOYANCE_MAX = 5

/** Where a viewer stands to every author, opened for one viewer at a time: one look-up an author. */
export class Standpoint {
  viewer = -1
  /** What an author is to the viewer: see TIE. */
  readonly ties: Uint8Array
  /** How much an author annoys the viewer, in steps of interest. */
  readonly annoyance: Float32Array
  private readonly tiesOfAll: Ties
  private readonly annoyed: readonly Map<number, number>[]

  constructor(people: People, ties: Ties) {
    this.tiesOfAll = ties
    this.ties = new Uint8Array(people.count)
    this.annoyance = new Float32Array(people.count)
    this.annoyed = Array.from({ length: people.count }, () => new Map<number, number>())
  }

  /** Must be closed before any tie changes, and before it is opened for another. */
  open(viewer: number): void {
    if (this.viewer !== -1) throw new Error(`the standpoint of ${this.viewer} is open`)
    this.viewer = viewer
    this.tiesOfAll.writeTies(viewer, this.ties)
    for (const [author, much] of this.annoyed[viewer]!) this.annoyance[author] = much
  }

  close(): void {
    this.tiesOfAll.clearTies(this.viewer, this.ties)
    for (const author of this.annoyed[this.viewer]!.keys()) this.annoyance[author] = 0
    this.viewer = -1
  }

  annoy(viewer: number, author: number, by: keyof typeof ANNOYANCE): void {
    const before = this.annoyed[viewer]!.get(author) ?? 0
    this.annoyed[viewer]!.set(author, Math.min(ANNOYANCE_MAX, before + ANNOYANCE[by]))
  }

  isFriend(author: number): boolean {
    const tie = this.ties[author]!
    return tie >= TIE.friend && tie !== TIE.away
  }
}
