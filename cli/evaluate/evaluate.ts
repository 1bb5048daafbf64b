import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../engine/clock.ts'
import { PASSIVE_ONE_IN, PASSIVE_SHOWN_MIN } from '../../processors/experiments/measures.ts'
import { type Millis, millis } from '../../schemas/ids.ts'
import type { Refusal } from '../intake/refusal.ts'
import { Evaluation, KNOWN_INTERACTIONS_MIN, type MethodMetrics, type Skipped } from './evaluation.ts'
import { type EvaluatedSpan, Foretold, type TouchedEarly } from './foretold.ts'
import { OrderedEvents } from './ordered-events.ts'
import type { Ranker } from './ranker.ts'
import { EvaluationRuntime } from './runtime.ts'
import { OTHERS, POOL_POSTS_MAX } from './sampling.ts'

export interface EvaluateOptions {
  /** NDJSON of contract events, or gzip of it where the name ends in `.gz`. */
  readonly file: string
  readonly seed: number
  /** Where in the time span of the events evaluation begins and ends: shares from 0 to 1. */
  readonly from: number
  readonly to: number
  /** From where on interactions before the span are ranked for a ranker that learns; none are where absent. */
  readonly learnFrom?: number
  readonly clock: Clock
  /** Makes what is evaluated, over what Freshet keeps. */
  readonly ranker: (runtime: EvaluationRuntime) => Promise<Ranker>
  readonly onRefused: (refusal: Refusal) => void
  readonly onProgress: (progress: EvaluateProgress) => void
}

export interface EvaluateProgress {
  readonly taken: number
  readonly events: number
  readonly evaluated: number
}

/** What `freshet evaluate --json` prints. Times are ISO 8601; of a file without events they are null. */
export interface EvaluateReport {
  readonly seed: number
  readonly events: number
  readonly refused: number
  readonly evaluated_from: string | null
  readonly evaluated_to: string | null
  /** Posts ranked each time: the one interacted with, and the others. */
  readonly candidates: number
  readonly skipped: Skipped & TouchedEarly
  readonly methods: MethodMetrics
  readonly segments: {
    readonly known_users: KnownUsersSegment
    readonly passive_users: PassiveUsersSegment
    readonly recently_active: RecentlyActiveSegment
  }
  readonly seconds: number
}

export interface KnownUsersSegment {
  readonly earlier_interactions_min: number
  readonly methods: MethodMetrics
}

/** Users who had looked at posts enough to tell, and interacted with less than one in so many. */
export interface PassiveUsersSegment {
  readonly touched_posts_min: number
  readonly interactions_below_one_in: number
  readonly methods: MethodMetrics
}

/** Interactions with posts as recently active as those that the others were drawn from. */
export interface RecentlyActiveSegment {
  readonly posts_max: number
  readonly methods: MethodMetrics
}

const NEVER: EvaluatedSpan = {
  learnFrom: millis(Infinity),
  from: millis(Infinity),
  to: millis(-Infinity),
}

/** Feeds a file to a Freshet in a temporary directory, and ranks each interaction of the span before it happens. */
export const evaluate = async (options: EvaluateOptions): Promise<EvaluateReport> => {
  const directory = await mkdtemp(join(tmpdir(), 'freshet-evaluate-'))
  try {
    return await evaluateIn(directory, options)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const evaluateIn = async (directory: string, options: EvaluateOptions): Promise<EvaluateReport> => {
  const { file, clock, seed, onRefused } = options
  const startedMs = clock.monotonicMs()
  const events = await OrderedEvents.of({ file, directory, clock, onRefused })
  const span = spanOf(events, options)
  const foretold = await foretoldIn(events, span)
  const data = join(directory, 'data')
  await mkdir(data)
  const runtime = await EvaluationRuntime.open(data, clock)
  try {
    const ranker = await options.ranker(runtime)
    try {
      const evaluation = new Evaluation({ runtime, ranker, span, seed, foretold: foretold.places })
      await play(events, span, evaluation, options)
      const seconds = Math.round(clock.monotonicMs() - startedMs) / 1_000
      const skipped = { ...evaluation.skipped, ...foretold.skipped }
      return reportOf(events, span, evaluation, { seed, seconds, skipped })
    } finally {
      await ranker.close()
    }
  } finally {
    await runtime.close()
  }
}

const spanOf = (
  { firstAt, lastAt }: OrderedEvents,
  { from, to, learnFrom = from }: EvaluateOptions,
): EvaluatedSpan => {
  if (firstAt === null || lastAt === null) return NEVER
  const at = (share: number): Millis => millis(Math.round(firstAt + share * (lastAt - firstAt)))
  return { learnFrom: at(Math.min(from, learnFrom)), from: at(from), to: at(to) }
}

const foretoldIn = async (events: OrderedEvents, span: EvaluatedSpan): Promise<Foretold> => {
  const foretold = new Foretold(span)
  await events.each(span.to, (event, place) => {
    foretold.take(event, place)
    return undefined
  })
  return foretold
}

const play = async (
  events: OrderedEvents,
  span: EvaluatedSpan,
  evaluation: Evaluation,
  { onProgress }: EvaluateOptions,
): Promise<void> => {
  await events.each(span.to, (event, place) => {
    onProgress({ taken: place + 1, events: events.count, evaluated: evaluation.evaluated })
    return evaluation.take(event, place)
  })
}

const reportOf = (
  { count, refused }: OrderedEvents,
  { from, to }: EvaluatedSpan,
  { methods, methodsOfKnown, methodsOfPassive, methodsOfPool }: Evaluation,
  { seed, seconds, skipped }: Pick<EvaluateReport, 'seed' | 'seconds' | 'skipped'>,
): EvaluateReport => ({
  seed,
  events: count,
  refused,
  evaluated_from: isoOf(from),
  evaluated_to: isoOf(to),
  candidates: 1 + OTHERS,
  skipped,
  methods,
  segments: {
    known_users: { earlier_interactions_min: KNOWN_INTERACTIONS_MIN, methods: methodsOfKnown },
    passive_users: {
      touched_posts_min: PASSIVE_SHOWN_MIN,
      interactions_below_one_in: PASSIVE_ONE_IN,
      methods: methodsOfPassive,
    },
    recently_active: { posts_max: POOL_POSTS_MAX, methods: methodsOfPool },
  },
  seconds,
})

const isoOf = (at: Millis): string | null => (Number.isFinite(at) ? new Date(at).toISOString() : null)
