import { LATENESS_MS_MAX } from '../../../engine/task-expiry.ts'
import { views } from '../../../topologies/index.ts'

const VERSION_BYTES = 1

/** Whether a row may be gone in a run whose events, the newest of them dated `lastAt`, came in the order of their time. */
export const mayBeGone = (store: string, row: Buffer, lastAt: number): boolean =>
  views.get(store)?.ends?.hasEnded(row, VERSION_BYTES, row.length, lastAt - LATENESS_MS_MAX) ?? false

/** When the events of a run happened. */
export interface Span {
  readonly firstAt: number
  readonly lastAt: number
}

/**
 * Rows by `STORE/KEY`, in hexadecimal, that every run of the same events ends with: of views whose rows end, those with an
 * event of the last thirty days. Others may be gone in one run and not yet in another, and what came late to one may lack
 * what was gone by then; in a row with an event of those days none of that counts any more. Where all happened within a
 * view's time to live none of its rows can have gone.
 */
export const lastingRows = (
  rows: ReadonlyMap<string, string>,
  { firstAt, lastAt }: Span,
): Map<string, string> => {
  const at = lastAt - LATENESS_MS_MAX
  return new Map(
    [...rows].filter(([name, hex]) => {
      const view = views.get(name.slice(0, name.indexOf('/')))
      if (view?.ends === undefined || firstAt + view.timeToLiveMs >= at) return true
      const row = Buffer.from(hex, 'hex').subarray(VERSION_BYTES)
      return view.newest(row, 0, row.length) >= at
    }),
  )
}
