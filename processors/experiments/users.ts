import type { ByteReader, ByteWriter } from '../../engine/bytes.ts'
import { on, type Context, type Processor, type StateLayout } from '../../engine/processor.ts'
import { DAY_MS, type Millis, millis } from '../../schemas/ids.ts'
import { ERASURE_MEMORY_MS } from '../erasure.ts'
import { stateOf } from '../rows.ts'
import { erasures } from '../topics.ts'
import { experimentMoments } from '../topics/experiment-moments.ts'
import { type ExperimentOutcome, experimentOutcomes } from '../topics/experiment-outcomes.ts'
import { readMeasures, writeMeasures } from './bytes.ts'
import { added, change, EVERYBODY_ARM, isPassive, type Measures } from './measures.ts'

/** The window of a whole experiment. */
export const ALL = 'all'
/** Sums over an arm's passive users alone: `EXPERIMENT/ARM/passive`. */
export const PASSIVE = 'passive'
/**
 * What comes of a day's feeds comes within a day of them, so that days before the last one are over once there is a newer
 * one. Time alone says nothing: it may pass in one step, and what had come of a day before that is still to be heard.
 */
const DAYS_KEPT = 3
/** A user who is away for longer is another one when they come back. */
const ALL_KEPT_MS = 90 * DAY_MS
/** Of one user: arms that they were in, times windows; the oldest give way. */
export const ENTRIES_MAX = 64

/** What a user did under an arm, over a window. */
interface Entry {
  readonly experiment: string
  readonly window: string
  /** Time of the newest feed. */
  at: number
  measures: Measures
  /** Whether they are in the sums over passive users too. */
  isPassive: boolean
}

interface UserOutcomes {
  /** Time of the last erasure; 0 for none. */
  erasedAt: number
  /** In order of experiment and window. */
  entries: Entry[]
}

const layout: StateLayout<UserOutcomes> = {
  version: 2,
  create: () => ({ erasedAt: 0, entries: [] }),
  read: (reader) => readOutcomes(reader, readEntry),
  write: ({ erasedAt, entries }, writer) => {
    writer.f64(erasedAt)
    writer.varint(entries.length)
    for (const entry of entries) writeEntry(entry, writer)
    return entries.length > 0 || erasedAt !== 0
  },
  // Nobody was counted as passive: whoever is joins those sums with all they did, the next time that they do anything.
  migrations: { 1: (reader) => readOutcomes(reader, readEntryV1) },
}

const readOutcomes = (reader: ByteReader, read: (reader: ByteReader) => Entry): UserOutcomes => {
  const erasedAt = reader.f64()
  return { erasedAt, entries: Array.from({ length: reader.varint() }, () => read(reader)) }
}

const readEntryV1 = (reader: ByteReader): Entry => ({
  experiment: reader.string(),
  window: reader.string(),
  at: reader.f64(),
  measures: readMeasures(reader),
  isPassive: false,
})

const readEntry = (reader: ByteReader): Entry => ({ ...readEntryV1(reader), isPassive: reader.u8() === 1 })

const writeEntry = (entry: Entry, writer: ByteWriter): void => {
  writer.string(entry.experiment)
  writer.string(entry.window)
  writer.f64(entry.at)
  writeMeasures(entry.measures, writer)
  writer.u8(entry.isPassive ? 1 : 0)
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 'YYYY-MM-DD'.length)

const take = (outcome: ExperimentOutcome, state: UserOutcomes, context: Context): boolean => {
  if (outcome.at <= state.erasedAt) return false
  for (const window of [ALL, dayOf(outcome.at)]) {
    // Everybody is everybody: those who are in an experiment too.
    for (const experiment of new Set([EVERYBODY_ARM, outcome.experiment]))
      add({ ...outcome, experiment }, window, state, context)
  }
  return true
}

const add = (
  { experiment, at, measures }: ExperimentOutcome,
  window: string,
  state: UserOutcomes,
  context: Context,
): void => {
  const entry = state.entries.find((each) => each.experiment === experiment && each.window === window)
  const after = entry === undefined ? measures : added(entry.measures, measures)
  const next = { experiment, window, at, measures: after, isPassive: isPassive(after) }
  tell(entry ?? null, next, at, context)
  if (entry === undefined) insert(next, state, context)
  else Object.assign(entry, next, { at: Math.max(entry.at, at) })
}

/** What becomes of the sums as what a user did becomes something else; null stands for nothing. */
const tell = (before: Entry | null, after: Entry | null, at: Millis, context: Context): void => {
  const { experiment, window } = (before ?? after)!
  const moments = change(before?.measures ?? null, after?.measures ?? null)
  context.emit(experimentMoments, { experiment, window, at, moments })
  const [was, is] = [passiveOf(before), passiveOf(after)]
  if (was === null && is === null) return
  const passive = { experiment: `${experiment}/${PASSIVE}`, window, at, moments: change(was, is) }
  context.emit(experimentMoments, passive)
}

const passiveOf = (entry: Entry | null): Measures | null =>
  entry?.isPassive === true ? entry.measures : null

/** When an entry leaves the state, unless more comes of it. */
const dueOf = ({ at }: Entry): Millis => millis(at + ALL_KEPT_MS)

const insert = (entry: Entry, state: UserOutcomes, context: Context): void => {
  // One timer a row, which sets the next.
  if (state.entries.length === 0) context.timer(dueOf(entry))
  state.entries = withoutOver([...state.entries, entry], entry.experiment).sort(byName)
  if (state.entries.length <= ENTRIES_MAX) return
  const oldest = state.entries.reduce((one, other) => (other.at < one.at ? other : one))
  state.entries = state.entries.filter((each) => each !== oldest)
  context.count('experiments.entries_dropped')
}

/** Without the days of an arm that newer ones follow. */
const withoutOver = (entries: readonly Entry[], experiment: string): Entry[] => {
  const days = entries.filter((each) => each.experiment === experiment && each.window !== ALL).sort(byName)
  const over = new Set(days.slice(0, -DAYS_KEPT))
  return entries.filter((each) => !over.has(each))
}

const byName = (one: Entry, other: Entry): number =>
  one.experiment === other.experiment
    ? compared(one.window, other.window)
    : compared(one.experiment, other.experiment)

const compared = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/** What a user did is taken from the sums again. */
const erase = (at: Millis, state: UserOutcomes, context: Context): boolean => {
  if (at <= state.erasedAt) return false
  for (const entry of state.entries) tell(entry, null, at, context)
  state.entries = []
  state.erasedAt = at
  context.timer(millis(at + ERASURE_MEMORY_MS))
  return true
}

const onTimer = (at: Millis, state: UserOutcomes, context: Context): boolean => {
  const kept = state.entries.filter((entry) => dueOf(entry) > at)
  setNext(kept, context)
  const isForgotten = state.erasedAt !== 0 && state.erasedAt + ERASURE_MEMORY_MS <= at
  if (kept.length === state.entries.length && !isForgotten) return false
  state.entries = kept
  if (isForgotten) state.erasedAt = 0
  return true
}

/** For whichever is due next: one an outcome would be far more. */
const setNext = (entries: readonly Entry[], context: Context): void => {
  if (entries.length > 0) context.timer(millis(Math.min(...entries.map(dueOf))))
}

/**
 * What each user did under each arm, a day and in all: only so that the sums over users, their squares and their
 * products can be kept. Whatever order outcomes come in, they add up to the same.
 */
export const experimentUsers: Processor<UserOutcomes> = {
  name: 'experiment-users',
  about: 'What a user did, in all and under the arms of experiments.',
  state: layout,
  handlers: [
    on({
      input: experimentOutcomes,
      key: (outcome, key) => key.id(outcome.userId),
      process: take,
    }),
    on({
      input: erasures,
      key: (erasure, key) => key.id(erasure.userId),
      process: (erasure, state, context) => erase(erasure.at, state, context),
    }),
  ],
  outputs: [experimentMoments],
  onTimer: (at, _key, state, context) => onTimer(at, state, context),
}

/** What a user did, in a row of `experiment-users`. */
export const readExperimentUser = (stored: Buffer): Readonly<UserOutcomes> => stateOf(layout, stored)
