/**
 * A step of a simulated log or disk at which a run may be cut: just before nothing of it happened, just after all. Before
 * 'state-rest' half of the rows of a state write are there.
 */
export type SimulatedStep = 'append' | 'commit' | 'state-write' | 'state-rest' | 'trim'

/** Called around every step; a hook that throws cuts there. */
export interface SimulatedFaults {
  readonly before?: (step: SimulatedStep) => void
  readonly after?: (step: SimulatedStep) => void
  /** Awaited before and after every read and every step: what may overlap does, in a test's own order. */
  readonly delay?: () => Promise<void>
}

/** What a hook throws to cut a run. No adapter throws it by itself. */
export class SimulatedCrash extends Error {
  constructor(detail: string) {
    super(`simulated crash: ${detail}`)
    this.name = 'SimulatedCrash'
  }
}
