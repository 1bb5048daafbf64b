import { hash } from 'node:crypto'

/** Hex digits of a hash that fit a double's 53 bits. */
const DIGITS = 13
const BUCKETS = 2 ** (4 * DIGITS)

/**
 * Where a user falls in [0, 1) under a salt: the first 52 bits of SHA-256 over `SALT NUL USER`. The same for ever,
 * evenly spread, and under another salt independent of it, so that experiments do not lean on each other. Whoever
 * analyses an experiment can compute it anew.
 */
export const bucketOf = (salt: string, userId: string): number =>
  Number.parseInt(hash('sha256', `${salt}\0${userId}`, 'hex').slice(0, DIGITS), 16) / BUCKETS
