/** Largest share of feeds in which one place is left to chance. */
export const EXPLORATION_SHARE_MAX = 0.2
export const EXPLORATION_DEPTH_MAX = 400

/**
 * With probability `share`, a post drawn evenly from the `depth` below a place is put there, and those from the
 * place on move down by one. So what is ranked low gets a chance to be learned about, and every probability is
 * known exactly.
 */
export interface Exploration {
  readonly share: number
  /** The place, from 0. */
  readonly position: number
  /** How many posts below it may be drawn. */
  readonly depth: number
}

/** The place that is drawn to be moved up, among `places` posts; −1 for none. `random` is from 0 to below 1. */
export const drawPlace = (
  { share, position, depth }: Exploration,
  places: number,
  random: () => number,
): number => {
  const drawn = drawable(position, depth, places)
  if (drawn === 0 || random() >= share) return -1
  return position + 1 + Math.floor(random() * drawn)
}

const drawable = (position: number, depth: number, places: number): number =>
  Math.max(0, Math.min(depth, places - position - 1))

/**
 * Probability that a place holds what it holds, when `moved` (of `drawPlace`) was moved up. Of d posts that may
 * be drawn, those at or below place q are d' = position + d − q + 1; drawing any of them moves q's own post on.
 */
export const propensityAt = (
  place: number,
  moved: number,
  { share, position, depth }: Exploration,
  places: number,
): number => {
  const drawn = drawable(position, depth, places)
  if (drawn === 0 || place < position || place > position + drawn) return 1
  if (place === position) return moved === -1 ? 1 - share : share / drawn
  const movesOn = (share * (position + drawn - place + 1)) / drawn
  return moved >= place ? movesOn : 1 - movesOn
}
