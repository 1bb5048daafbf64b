import type { SlateRule } from './rule.ts'

const DECAY = 0.5
const FLOOR = 0.25
/** Beyond it a post is worth the floor, to the last bit of a float32. */
const COUNTED_MAX = 32
const factors = Float64Array.from({ length: COUNTED_MAX + 1 }, (_, n) => (1 - FLOOR) * DECAY ** n + FLOOR)

/** `(1 − floor) · decay^n + floor` for a post below n others of its author. */
export const authorDiversity: SlateRule = {
  name: 'author-diversity',
  about: 'Each post of an author is worth less below others of theirs.',
  scope: 'slate',
  lasting: true,
  min: FLOOR,
  max: 1,
  parameters: { decay: DECAY, floor: FLOOR },
  factor: (_candidate, { ofAuthor }) => factors[Math.min(ofAuthor, COUNTED_MAX)]!,
}
