/** Lets deadlines pass: the machine's timers, or those of a test. */
export interface Alarm {
  /** Calls back once after so many milliseconds of wall time, unless cancelled by what is answered. */
  after(ms: number, ring: () => void): () => void
}
