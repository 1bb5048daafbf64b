/** Vectors start uniform between plus and minus this: small beside columns, but not alike. */
export const START_BOUND = 0.05

/** Of an entity's table, by its place among the entities. */
export const seedOf = (entity: number): number => entity + 1

/** What the values of a table with a seed start with: the same in training and in serving. */
export const startValue = (seed: number, index: number): number =>
  (uniformOf(seed, index) * 2 - 1) * START_BOUND

/** A number in [0, 1) for an index, the same for the same seed: the finaliser of MurmurHash3. */
const uniformOf = (seed: number, index: number): number => {
  let hash = Math.imul(index + 1, 0x9e3779b1) ^ seed
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296
}
