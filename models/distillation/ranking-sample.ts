/** Candidates of one ranking that are learned from. */
export const SAMPLE_ROWS = 64
/** Of them, those that the heavy ranker put first: these must be kept. */
export const SAMPLE_TOP = 25

/** What the light ranker could have known of some candidates of one request, and what the heavy one made of them. */
export interface RankingSample {
  /** `SAMPLE_ROWS` light rows, raw. */
  readonly rows: Float32Array
  /** Expected values by the heavy ranker, best first. */
  readonly values: Float32Array
  /**
   * How many candidates of the request each stands for, above 0. Of the first `SAMPLE_TOP` too those that pass 0 would
   * have dropped stand for more than themselves.
   */
  readonly shares: Float32Array
}

/** How many candidates the first `SAMPLE_TOP` of a sample stand for, whose shares begin at `at`. */
export const topShareOf = (shares: Float32Array, at: number): number =>
  shares.subarray(at, at + SAMPLE_TOP).reduce((sum, share) => sum + share, 0)

/** Chooses from `count` places; a number in [0, 1) each time it is called. */
export type Chance = () => number

/**
 * Which candidates of a ranking to learn from, by their places in it: the first, and of the others as many as fit, each
 * as likely as all others and standing for as many of the ranking. Null where a ranking is too short.
 */
export const samplePlaces = (
  count: number,
  chance: Chance,
): { readonly places: Uint32Array; readonly shares: Float32Array } | null => {
  if (count < SAMPLE_ROWS) return null
  const places = new Uint32Array(SAMPLE_ROWS)
  const shares = new Float32Array(SAMPLE_ROWS).fill(1)
  for (let place = 0; place < SAMPLE_TOP; place++) places[place] = place
  // Each place in turn is taken with the share that is still wanted of those left: so all are equally likely.
  let taken = SAMPLE_TOP
  for (let place = SAMPLE_TOP; place < count && taken < SAMPLE_ROWS; place++) {
    if (chance() * (count - place) >= SAMPLE_ROWS - taken) continue
    places[taken++] = place
  }
  shares.fill((count - SAMPLE_TOP) / (SAMPLE_ROWS - SAMPLE_TOP), SAMPLE_TOP)
  return { places, shares }
}
