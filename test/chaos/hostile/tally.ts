/** What became of everything sent. */
export class Tally {
  /** Bad events, requests, connections and records sent. */
  malformed = 0
  /** Good events and records sent among them. */
  good = 0
  accepted = 0
  /** Requests sent again because the server asked for it. */
  retried = 0
  readonly refusedByCode = new Map<string, number>()

  refuse(code: string): void {
    add(this.refusedByCode, code)
  }

  /** Takes in all that another counted. */
  include(other: Tally): void {
    this.malformed += other.malformed
    this.good += other.good
    this.accepted += other.accepted
    this.retried += other.retried
    for (const [code, count] of other.refusedByCode) add(this.refusedByCode, code, count)
  }
}

export const add = (counts: Map<string, number>, name: string, by = 1): void => {
  counts.set(name, (counts.get(name) ?? 0) + by)
}

/** As an object to print, most frequent first. */
export const printed = (counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> =>
  Object.fromEntries([...counts].toSorted(([, one], [, other]) => other - one))

const SHOWN_BYTES_MAX = 400

/** Bytes for a message: as they are, cut. */
export const shown = (bytes: Uint8Array): string =>
  JSON.stringify(Buffer.from(bytes).toString('latin1').slice(0, SHOWN_BYTES_MAX))
