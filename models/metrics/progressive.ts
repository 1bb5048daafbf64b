import { SECOND_MS } from '../../schemas/ids.ts'
import type { Head } from '../heads.ts'
import type { Chance } from './chance.ts'
import { type Column, JudgedColumns } from './judged-columns.ts'
import { Pairing } from './pairing.ts'
import { probabilityReport, type ProbabilityReport } from './probability-metrics.ts'
import type { Judged } from './ranking.ts'
import { type JudgedTimes, timeReport, type TimeReport } from './time-metrics.ts'

/** Of the light ranker: rankings, nats a ranking, and the share of each one's first that it would keep. */
export interface RankingReport {
  readonly count: number
  readonly loss: number | null
  readonly kept: number | null
}

/** Of the towers: pairs, nats a pair, and how likely a pair's own post is nearer than another. */
export interface MatchReport {
  readonly count: number
  readonly loss: number | null
  readonly auc: number | null
}

export type HeadReport =
  | ({ readonly kind: 'probability' } & ProbabilityReport)
  | ({ readonly kind: 'time' } & TimeReport)
  | ({ readonly kind: 'ranking' } & RankingReport)
  | ({ readonly kind: 'match' } & MatchReport)

/** By the name of the head. */
export type HeadReports = Readonly<Record<string, HeadReport>>

/** What learns and what served, on the examples that both foresaw. */
export interface ComparedReports {
  readonly learner: HeadReports
  readonly served: HeadReports
  /** How far chance alone moves what lies between them. */
  readonly chance: Chance
}

/** Examples that a report looks back on. */
export const WINDOW = 65_536

/** Whose predictions: what learns, before it learned the example; or what served it, as it was logged. */
export type Foresight = 'learner' | 'served'

/** What is known of an example now. */
export interface Judgement {
  /** How many examples it stands for. */
  readonly weight: number
  /** A bit a head, by its index. */
  readonly positives: number
}

/**
 * Predictions of the last examples and what became of them, as far as it is known: an example is begun when it is
 * first learned, foreseen when that step has run, and judged anew whenever a label comes. So what is measured is how
 * a model does on what it has not seen, and a positive that comes late is no negative for ever. Fixed memory.
 */
export class ProgressiveMetrics {
  private readonly heads: readonly Head[]
  private readonly window: number
  private readonly keys: Float64Array
  private readonly foreseen: Uint8Array
  private readonly logits: Readonly<Record<Foresight, Float32Array>>
  private readonly times: Float32Array
  private readonly weights: Float32Array
  private readonly positives: Uint32Array
  private readonly segments: Uint8Array
  private readonly placeOf = new Map<number, number>()
  private readonly columns: JudgedColumns
  private begun = 0
  private changed = 0

  constructor(heads: readonly Head[], window: number = WINDOW) {
    const floats = (): Float32Array => new Float32Array(window * heads.length)
    this.heads = heads
    this.window = window
    this.keys = new Float64Array(window)
    this.foreseen = new Uint8Array(window)
    this.logits = { learner: floats(), served: floats() }
    this.times = floats()
    this.weights = new Float32Array(window)
    this.positives = new Uint32Array(window)
    this.segments = new Uint8Array(window)
    this.columns = new JudgedColumns(window)
  }

  /**
   * Begins an example; answers its place, which `foresee` is told. `segments` is a bit a segment; `served` what each
   * head of the model that served it said (probabilities, seconds), empty where that was not logged.
   */
  begin(key: number, segments: number, served: readonly number[]): number {
    this.changed++
    const place = this.begun++ % this.window
    if (this.begun > this.window && this.placeOf.get(this.keys[place]!) === place)
      this.placeOf.delete(this.keys[place]!)
    this.placeOf.set(key, place)
    this.keys[place] = key
    this.foreseen[place] = 0
    this.segments[place] = segments
    this.positives[place] = 0
    this.weights[place] = 0
    const start = place * this.heads.length
    for (let head = 0; head < this.heads.length; head++) {
      this.times[start + head] = Number.NaN
      this.logits.served[start + head] = logitOf(this.heads[head]!, served[head])
    }
    return place
  }

  /** Whether an example is begun and has not given way. */
  has(key: number): boolean {
    return this.placeOf.has(key)
  }

  /** What the learner foresaw of a begun example: a logit a head, from `logits[at..]`. */
  foresee(place: number, logits: Float32Array, at: number): void {
    this.changed++
    this.logits.learner.set(logits.subarray(at, at + this.heads.length), place * this.heads.length)
    this.foreseen[place] = 1
  }

  /** Tells what is known of an example by now; one that was not begun, or has given way, is left alone. */
  judge(key: number, { weight, positives }: Judgement): void {
    const place = this.placeOf.get(key)
    if (place === undefined) return
    this.changed++
    this.weights[place] = weight
    this.positives[place] = positives
  }

  /** Tells the time that a head of times is measured by. */
  judgeTime(key: number, head: number, logMs: number): void {
    const place = this.placeOf.get(key)
    if (place === undefined) return
    this.changed++
    this.times[place * this.heads.length + head] = logMs
  }

  /** Tells of a time that it took so many milliseconds more. */
  addTime(key: number, head: number, ms: number): void {
    const place = this.placeOf.get(key)
    if (place === undefined) return
    const before = this.times[place * this.heads.length + head]!
    this.judgeTime(key, head, Math.log1p(ms + (Number.isNaN(before) ? 0 : Math.expm1(before))))
  }

  /** Tells what a head of surveys is measured by: whether the viewer said yes. */
  judgeAnswer(key: number, head: number, isYes: boolean): void {
    this.judgeTime(key, head, isYes ? 1 : 0)
  }

  clear(): void {
    this.changed++
    this.begun = 0
    this.placeOf.clear()
    this.foreseen.fill(0)
  }

  /** Examples begun so far. */
  get examples(): number {
    return this.begun
  }

  /** Grows with whatever a report may tell anew: as long as it stays, so does every report. */
  get changes(): number {
    return this.changed
  }

  /**
   * By head, of the last `examples` at most that are in a segment (a bit of those begun with; 0: of all). Examples
   * whose server's predictions were not logged are left out of what served. Examples that weigh nothing count for
   * heads of surveys alone.
   */
  report(foresight: Foresight = 'learner', segment = 0, examples: number = this.window): HeadReports {
    const foreseen = this.placesOf(foresight === 'served', segment, examples)
    return this.byHead(foreseen, (head, index, places) =>
      head.output === 'seconds'
        ? { kind: 'time', ...timeReport(this.timesOf(foresight, index, places)) }
        : { kind: 'probability', ...probabilityReport(this.judgedOf(foresight, index, places)) },
    )
  }

  /** Both sides over the last `examples` at most that both foresaw. */
  compare(examples: number = this.window): ComparedReports {
    const foreseen = this.placesOf(true, 0, examples)
    const pairing = new Pairing(
      this.heads.map(({ name }) => name),
      foreseen,
    )
    const served = new Map<string, HeadReport>()
    const learner = this.byHead(foreseen, (head, index, places): HeadReport => {
      if (head.output === 'seconds') {
        const [own, other] = pairing.times(index, places, (side) => this.timesOf(SIDES[side], index, places))
        served.set(head.name, { kind: 'time', ...other })
        return { kind: 'time', ...own }
      }
      const askedOf = (side: 0 | 1): Judged => this.judgedOf(SIDES[side], index, places)
      const [own, other] = pairing.probabilities(index, places, askedOf)
      served.set(head.name, { kind: 'probability', ...other })
      return { kind: 'probability', ...own }
    })
    return { learner, served: Object.fromEntries(served), chance: pairing.chance() }
  }

  /** Each head is asked about those of the places where something is known that it is judged by. */
  private byHead(
    foreseen: Uint32Array,
    reportOf: (head: Head, index: number, places: Uint32Array) => HeadReport,
  ): HeadReports {
    const weighed = foreseen.filter((place) => this.weights[place] !== 0)
    return Object.fromEntries(
      this.heads.map((head, index) => {
        const places = head.isSurveyed ? foreseen : weighed
        const isTold = head.isSurveyed || head.output === 'seconds'
        return [head.name, reportOf(head, index, isTold ? this.toldOf(index, places) : places)]
      }),
    )
  }

  private placesOf(isCompared: boolean, segment: number, examples: number): Uint32Array {
    const count = Math.min(this.begun, this.window, examples)
    const places = new Uint32Array(count)
    let end = 0
    for (let back = count; back > 0; back--) {
      const place = (this.begun - back) % this.window
      if (this.foreseen[place] === 0) continue
      if (segment !== 0 && (this.segments[place]! & segment) === 0) continue
      if (isCompared && Number.isNaN(this.logits.served[place * this.heads.length])) continue
      places[end++] = place
    }
    return places.subarray(0, end)
  }

  /** Of surveys each answer counts as one: what an example weighs for other heads says nothing of them. */
  private judgedOf(foresight: Foresight, head: number, places: Uint32Array): Judged {
    const { columns, heads, times, weights, positives } = this
    const foreseen = this.columnOf(this.logits[foresight], head)
    return heads[head]!.isSurveyed
      ? columns.ofAnswers(places, foreseen, this.columnOf(times, head))
      : columns.ofBit(places, foreseen, weights, positives, head)
  }

  private timesOf(foresight: Foresight, head: number, places: Uint32Array): JudgedTimes {
    const { columns, times, weights } = this
    const foreseen = this.columnOf(this.logits[foresight], head)
    return columns.ofTimes(places, foreseen, this.columnOf(times, head), weights)
  }

  /** Those of the places where a time, or an answer, was told. */
  private toldOf(head: number, places: Uint32Array): Uint32Array {
    return places.filter((place) => !Number.isNaN(this.times[place * this.heads.length + head]))
  }

  private columnOf(values: Float32Array, head: number): Column {
    return { values, stride: this.heads.length, at: head }
  }
}

/** Of a comparison. */
const SIDES = ['learner', 'served'] as const satisfies readonly Foresight[]

/** Keeps a probability that was rounded to 0 or 1 from an infinite logit. */
const PROBABILITY_MIN = 1e-7

/** The logit behind what a head answered; NaN where it is not known. */
export const logitOf = ({ output }: Head, answer: number | undefined): number => {
  if (answer === undefined) return Number.NaN
  if (output === 'seconds') return Math.log(Math.max(1, answer * SECOND_MS))
  const probability = Math.min(1 - PROBABILITY_MIN, Math.max(PROBABILITY_MIN, answer))
  return Math.log(probability / (1 - probability))
}
