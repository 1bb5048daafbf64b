import { SlidingSamples } from './sliding-samples.ts'

/** Acceptances that wait to be processed and whose time is known; while there are more, later ones go unmeasured. */
const WAITING_MAX = 1_024

/**
 * How long accepted events take until they count in features: the time from when as many had been accepted to
 * when as many have been processed. Events are counted, not looked at, so topics that overtake each other even out.
 */
export class Freshness {
  private readonly samples: SlidingSamples
  /** Of each acceptance that waits: how many were accepted with it in all, and when. Oldest first. */
  private readonly waiting: { readonly accepted: number; readonly atMs: number }[] = []
  private accepted = 0
  private processed = 0

  constructor(windowMs: number, samplesMax: number) {
    this.samples = new SlidingSamples(windowMs, samplesMax)
  }

  /** What was accepted before anybody measured is not measured. */
  begin(accepted: number): void {
    this.accepted = accepted
    this.processed = accepted
  }

  /** `accepted`: events accepted so far, in all. */
  accept(accepted: number, nowMs: number): void {
    if (accepted <= this.accepted) return
    this.accepted = accepted
    if (this.waiting.length < WAITING_MAX) this.waiting.push({ accepted, atMs: nowMs })
  }

  /** Events processed; of a backlog from before the beginning, or once more after a fault, they count for nothing. */
  process(by: number, nowMs: number): void {
    this.processed = Math.min(this.processed + by, this.accepted)
    this.settleUpTo(this.processed, nowMs)
  }

  /** Everything accepted is processed: had some of it gone uncounted, it would seem to wait for ever. */
  settle(nowMs: number): void {
    this.processed = this.accepted
    this.settleUpTo(this.accepted, nowMs)
  }

  /** Milliseconds: the median of the window, or how long the oldest waits if that is longer; null when idle. */
  read(nowMs: number): number | null {
    const [median] = this.samples.quantiles([0.5], nowMs)
    const [oldest] = this.waiting
    if (oldest === undefined) return median ?? null
    return Math.max(median ?? 0, nowMs - oldest.atMs)
  }

  private settleUpTo(accepted: number, nowMs: number): void {
    let settled = 0
    for (const each of this.waiting) {
      if (each.accepted > accepted) break
      this.samples.add(nowMs - each.atMs, nowMs)
      settled++
    }
    if (settled > 0) this.waiting.splice(0, settled)
  }
}
