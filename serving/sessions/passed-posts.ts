import { Fingerprint } from '../../processors/fingerprint.ts'

/** As many as a cursor has room for in a URL; beyond them the first are forgotten. */
export const PASSED_POSTS_MAX = 512

const fingerprint = new Fingerprint()
const printOf = (id: string): number => fingerprint.of(id).low

/**
 * Posts that earlier pages of a feed have come past, shown or not, the first first: 32 bits each, so that one in
 * four thousand million others is taken for one of them.
 */
export class PassedPosts {
  readonly prints: Uint32Array

  constructor(prints: Uint32Array) {
    this.prints = prints
  }

  /** Looks through all of them: there are few, and a set of them would be kept with each session. */
  has(postId: string): boolean {
    return this.prints.includes(printOf(postId))
  }

  /** Those of a feed that has come past some more; at most `PASSED_POSTS_MAX`, the last. */
  static printsOf(before: PassedPosts | undefined, postIds: readonly string[]): Uint32Array {
    const all = [...(before?.prints ?? []), ...postIds.map(printOf)]
    return Uint32Array.from(all.slice(-PASSED_POSTS_MAX))
  }
}
