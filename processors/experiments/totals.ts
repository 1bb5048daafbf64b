import type { ByteReader } from '../../engine/bytes.ts'
import { on, type Processor, type StateLayout } from '../../engine/processor.ts'
import { DAY_MS, millis } from '../../schemas/ids.ts'
import { stateOf } from '../rows.ts'
import { experimentMoments } from '../topics/experiment-moments.ts'
import { readMoments, writeMoments } from './bytes.ts'
import { type Moments, NO_MOMENTS, summed } from './measures.ts'

/** Sums of a window to which nothing came for so long are dropped, as what comes of other windows tells the time. */
const KEPT_MS = 400 * DAY_MS

interface Totals {
  /** Time of the newest change; 0 before the first. */
  at: number
  moments: Moments
}

const readTotals = (reader: ByteReader): Totals => ({ at: reader.f64(), moments: readMoments(reader) })

const layout: StateLayout<Totals> = {
  version: 2,
  create: () => ({ at: 0, moments: NO_MOMENTS }),
  read: readTotals,
  write: ({ at, moments }, writer) => {
    if (at === 0) return false
    writer.f64(at)
    writeMoments(moments, writer)
    return true
  },
  // Squares and products were below 2^52, in the same bytes; a build that reads only those refuses the wider ones.
  migrations: { 1: readTotals },
}

/** The sums of each arm over its users, a window a row: what rates and their confidence intervals follow from. */
export const experimentTotals: Processor<Totals> = {
  name: 'experiment-totals',
  about: 'Sums over the users of an arm, a window a row.',
  state: layout,
  handlers: [
    on({
      input: experimentMoments,
      key: ({ experiment, window }, key) => key.id(experiment) && key.id(window),
      process: ({ at, moments }, state, context) => {
        // One timer a row, which sets the next: one an event would be as many as there were events in all that time.
        if (state.at === 0) context.timer(millis(at + KEPT_MS))
        state.at = Math.max(state.at, at)
        state.moments = summed(state.moments, moments)
        return true
      },
    }),
  ],
  outputs: [],
  onTimer: (at, _key, state, context) => {
    if (state.at === 0) return false
    const dueAt = millis(state.at + KEPT_MS)
    if (dueAt > at) {
      context.timer(dueAt)
      return false
    }
    state.at = 0
    return true
  },
}

/** The sums in a stored row. */
export const readExperimentTotals = (stored: Buffer): Moments => stateOf(layout, stored).moments
