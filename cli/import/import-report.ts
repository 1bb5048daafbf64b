/** Where an import stands. */
export interface ImportProgress {
  /** What is being done. `sorting` is last, and has no rows of its own. */
  readonly stage: 'posts' | 'comments' | 'votes' | 'sorting'
  /** Rows of this stage's table begun so far. */
  readonly rows: number
  /** Events made so far, of all tables. */
  readonly events: number
}

/** What an import wrote and what it left out. */
export interface ImportReport {
  readonly events: number
  /** Events written, by topic and by action (posts) or kind (reactions). */
  readonly written: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Rows that became no event, by reason. */
  readonly skipped: Readonly<Record<string, number>>
  /** Events dated before their post by the dump, and placed at its creation. */
  readonly movedToPost: number
  /** Event times in milliseconds since the epoch; null when nothing was written. */
  readonly firstAt: number | null
  readonly lastAt: number | null
}

class Tally {
  private readonly counts = new Map<string, number>()

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }

  byName(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.counts].sort(([one], [other]) => (one < other ? -1 : 1)))
  }
}

/** Counts up an import's report. */
export class ReportCounter {
  private readonly written = new Map<string, Tally>()
  private readonly skipped = new Tally()
  private events = 0
  private moved = 0
  private firstAt = Number.POSITIVE_INFINITY
  private lastAt = Number.NEGATIVE_INFINITY

  wrote(topic: string, kind: string, at: number): void {
    let tally = this.written.get(topic)
    if (tally === undefined) this.written.set(topic, (tally = new Tally()))
    tally.add(kind)
    this.events++
    this.firstAt = Math.min(this.firstAt, at)
    this.lastAt = Math.max(this.lastAt, at)
  }

  skip(reason: string): void {
    this.skipped.add(reason)
  }

  moveToPost(): void {
    this.moved++
  }

  report(): ImportReport {
    return {
      events: this.events,
      written: Object.fromEntries([...this.written].map(([topic, tally]) => [topic, tally.byName()])),
      skipped: this.skipped.byName(),
      movedToPost: this.moved,
      firstAt: this.events === 0 ? null : this.firstAt,
      lastAt: this.events === 0 ? null : this.lastAt,
    }
  }
}
