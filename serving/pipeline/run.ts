import type { Clock } from '../../engine/clock.ts'
import type { Candidate } from '../candidate.ts'
import { clientGone, ServingError } from '../errors.ts'
import type { FeedQuery } from '../query.ts'
import type { Viewer } from '../viewer.ts'
import type { Alarm } from './alarm.ts'
import type { StageMetrics } from './metrics.ts'
import type {
  EffectStage,
  Filtered,
  FilterStage,
  HydratorStage,
  Removed,
  ScorerStage,
  Stage,
  WaitingStage,
} from './stage.ts'

export interface RunServices {
  readonly clock: Clock
  readonly alarm: Alarm
  readonly metrics: StageMetrics
}

/** A stage that was dropped, and why: `late`, or the code of what it threw. */
export interface Degraded {
  readonly stage: string
  readonly reason: string
}

/** A stage that ran: how long, and how many candidates it found or kept. */
export interface StageTime {
  readonly stage: string
  readonly ms: number
  readonly kept: number
}

export const LATE = 'late'
/** The reason when what was thrown has no code: a fault in the stage. */
export const UNEXPECTED = 'UNEXPECTED'

/**
 * One request's way through stages: runs each by its rules, and keeps the account. A stage may come to its candidates in
 * parts; it is told of once.
 */
export class PipelineRun {
  readonly query: FeedQuery
  readonly signal: AbortSignal | undefined
  readonly stages: StageTime[] = []
  readonly degraded: Degraded[] = []
  private readonly dropped = new Set<string>()
  private readonly services: RunServices

  /** `signal` is aborted when whoever asked hangs up. */
  constructor(query: FeedQuery, services: RunServices, signal?: AbortSignal) {
    this.query = query
    this.services = services
    this.signal = signal
  }

  /** Throws `CLIENT_GONE` when nobody waits any more for what the request comes to. */
  assertAwaited(): void {
    if (this.signal?.aborted === true) throw clientGone()
  }

  /**
   * Does a stage's work and answers its result; null when the stage is not enabled or was dropped. Throws
   * `STAGE_FAILED` when that stage is required.
   */
  async attempt<Result>(
    stage: WaitingStage,
    work: (signal: AbortSignal) => Promise<Result>,
    keptOf: (result: Result) => number = () => 0,
  ): Promise<Result | null> {
    if (!this.enables(stage)) return null
    const started = this.services.clock.monotonicMs()
    try {
      const done = await within(this.services.alarm, stage.deadlineMs, work)
      if (done === null) return this.drop(stage, LATE, undefined)
      this.ran(stage.name, started, keptOf(done.result))
      return done.result
    } catch (error) {
      return this.drop(stage, reasonOf(error), error)
    }
  }

  /** Notes how many candidates came of a stage that ran, where that is known only later. */
  keeps(stage: string, kept: number): void {
    const at = this.stages.findIndex((each) => each.stage === stage)
    if (at !== -1) this.stages[at] = { ...this.stages[at]!, kept }
  }

  /** Does what needs no waiting as a stage of its own; what it throws is thrown. */
  time<Result>(stage: string, work: () => Result, keptOf: (result: Result) => number): Result {
    const started = this.services.clock.monotonicMs()
    const result = work()
    this.ran(stage, started, keptOf(result))
    return result
  }

  /** All hydrators at once, on all candidates; `before` were hydrated before. */
  async hydrate(
    stages: readonly HydratorStage[],
    viewer: Viewer,
    candidates: readonly Candidate[],
    before = 0,
  ): Promise<void> {
    if (candidates.length === 0) return
    const written = await Promise.all(
      stages.map((stage) =>
        this.attempt(
          stage,
          () => stage.hydrate(this.query, viewer, candidates),
          () => before + candidates.length,
        ),
      ),
    )
    for (const write of written) write?.()
  }

  /** All filters in one pass: each candidate is kept, or removed by the first filter that says so. */
  filter(
    stages: readonly FilterStage[],
    viewer: Viewer,
    candidates: readonly Candidate[],
    keptBefore = 0,
  ): Filtered {
    const asked = stages.filter((stage) => this.enables(stage))
    return this.time(
      'filters',
      () => {
        const kept: Candidate[] = []
        const removed: Removed[] = []
        for (const candidate of candidates) {
          const by = this.firstToRemove(asked, viewer, candidate)
          if (by === undefined) kept.push(candidate)
          else removed.push({ candidate, removal: by.removal })
        }
        return { kept, removed }
      },
      ({ kept }) => keptBefore + kept.length,
    )
  }

  /**
   * A pass: what it keeps, in its order; as it came, and cut to what it keeps at most, when it was dropped. Passes take
   * most of a request's time, so none is begun for a client that is gone: throws `CLIENT_GONE`.
   */
  async score(
    stage: ScorerStage,
    viewer: Viewer,
    candidates: readonly Candidate[],
  ): Promise<readonly Candidate[]> {
    this.assertAwaited()
    if (candidates.length === 0) return candidates
    const kept = await this.attempt(
      stage,
      (signal) => stage.score(this.query, viewer, candidates, signal),
      ({ length }) => length,
    )
    return kept ?? candidates.slice(0, stage.keptMax)
  }

  /** An effect that throws is dropped like any other stage. */
  perform<Of>(stage: EffectStage<Of>, of: Of): void {
    if (!this.enables(stage)) return
    const started = this.services.clock.monotonicMs()
    try {
      this.ran(stage.name, started, stage.perform(of))
    } catch (error) {
      this.drop(stage, reasonOf(error), error)
    }
  }

  /**
   * Notes that a stage goes no further: answers null, or throws when the stage is required. What serving itself throws
   * says already what to do, and is passed on.
   */
  drop(stage: Stage, reason: string, error: unknown): null {
    this.services.metrics.dropped(stage.name, reason, error)
    if (stage.required) {
      if (error instanceof ServingError) throw error
      const options = error === undefined ? undefined : { cause: error }
      throw new ServingError('STAGE_FAILED', `stage ${stage.name}: ${reason}`, options)
    }
    this.degraded.push({ stage: stage.name, reason })
    this.dropped.add(stage.name)
    return null
  }

  /** Tells of the stages that ran. */
  finish(): void {
    for (const { stage, ms, kept } of this.stages) this.services.metrics.ran(stage, ms, kept)
  }

  /** What was dropped is not tried again. */
  private enables(stage: Stage): boolean {
    if (this.dropped.has(stage.name)) return false
    try {
      return stage.enable(this.query)
    } catch (error) {
      this.drop(stage, reasonOf(error), error)
      return false
    }
  }

  /** A filter that throws is asked no more in this request. */
  private firstToRemove(
    stages: FilterStage[],
    viewer: Viewer,
    candidate: Candidate,
  ): FilterStage | undefined {
    for (let at = 0; at < stages.length; at++) {
      const stage = stages[at]!
      try {
        if (stage.removes(this.query, viewer, candidate)) return stage
      } catch (error) {
        this.drop(stage, reasonOf(error), error)
        stages.splice(at--, 1)
      }
    }
    return undefined
  }

  private ran(stage: string, started: number, kept: number): void {
    const ms = this.services.clock.monotonicMs() - started
    const at = this.stages.findIndex((each) => each.stage === stage)
    if (at === -1) this.stages.push({ stage, ms, kept })
    else this.stages[at] = { stage, ms: this.stages[at]!.ms + ms, kept }
  }
}

/** The result in a box, or null when it took longer; the signal then tells whoever still works on it. */
const within = <Result>(
  alarm: Alarm,
  ms: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<{ readonly result: Result } | null> => {
  const late = new AbortController()
  return new Promise((resolve, reject) => {
    const cancel = alarm.after(ms, () => {
      late.abort()
      resolve(null)
    })
    const done = async (): Promise<void> => {
      try {
        resolve({ result: await work(late.signal) })
      } catch (error) {
        reject(error)
      } finally {
        cancel()
      }
    }
    void done()
  })
}

/** The code that errors of every room carry. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : UNEXPECTED
