import type { Output } from '../heads.ts'
import { DWELL_MAX_MS } from '../network/serving-graph.ts'
import type { RowsAbout } from '../scoring/session.ts'
import { SECOND_MS } from '../../schemas/ids.ts'
import type { Finding } from './finding.ts'

/** Rows, and what the graph that learns says of them: a snapshot is to answer the same. */
export interface ParitySample {
  /** Row after row, raw as logged. */
  readonly rows: Float32Array
  readonly count: number
  readonly about?: RowsAbout
  /** rows × heads. */
  readonly logits: Float32Array
  /** Scores beyond it are cut by the graph that learns, and by no other. */
  readonly scoreMax?: number
}

/** Rows of a sample: enough for every operator and some vectors, and scored in a moment. */
export const PARITY_ROWS = 32

/**
 * What answers may differ by, as a share of them: the runtime adds in another order in graphs of another form, which
 * makes some millionths; weights or tables that were mixed up make more than this.
 */
const SHARE_MAX = 1e-3
/** What is as good as none is not compared. */
const FLOOR = 1e-6

/** Where a snapshot's answers to a sample, rows × heads, are others than its trainer's: by head, the farthest off. */
export const parityFindings = (
  heads: readonly { readonly name: string; readonly output: Output }[],
  { count, logits, scoreMax = Infinity }: ParitySample,
  answers: Float32Array,
): Finding[] =>
  heads.flatMap(({ name, output }, head) => {
    let worst: Finding | undefined
    let most = 1
    for (let row = 0; row < count; row++) {
      const at = row * heads.length + head
      const beside = answerOf(output, logits[at]!)
      const value = output === 'score' ? Math.min(scoreMax, Math.max(-scoreMax, answers[at]!)) : answers[at]!
      const allowed = SHARE_MAX * (output === 'score' ? Math.max(1, Math.abs(beside)) : beside) + FLOOR
      const excess = Math.abs(value - beside) / allowed
      if (excess <= most) continue
      most = excess
      const limit = value > beside ? beside + allowed : beside - allowed
      worst = { against: 'candidate', head: name, figure: 'parity', value, beside, limit }
    }
    return worst === undefined ? [] : [worst]
  })

/** What a serving graph makes of a logit. */
const answerOf = (output: Output, logit: number): number => {
  if (output === 'score') return logit
  if (output === 'seconds') return Math.min(Math.exp(logit), DWELL_MAX_MS) / SECOND_MS
  return 1 / (1 + Math.exp(-logit))
}
