/** Requests whose reactions are still to come: kept by number until the last of them is written. */
export class Requests {
  private readonly ids: (string | null)[] = []
  private readonly contexts: string[] = []
  private readonly pending: number[] = []
  private readonly free: number[] = []

  /** Takes in a request, which is kept until `release` was called as often as `retain`. */
  open(requestId: string | null): number {
    const slot = this.free.pop() ?? this.ids.length
    this.ids[slot] = requestId
    this.contexts[slot] = contextOf(requestId)
    this.pending[slot] = 0
    return slot
  }

  retain(slot: number): void {
    this.pending[slot]!++
  }

  release(slot: number): void {
    if (--this.pending[slot]! === 0) this.free.push(slot)
  }

  /** Lets go of a request that nothing came of. */
  closeIfIdle(slot: number): void {
    if (this.pending[slot] === 0) this.free.push(slot)
  }

  idOf(slot: number): string | null {
    return this.ids[slot]!
  }

  /** The fields that name the request, as JSON, each followed by a comma. */
  contextOf(slot: number): string {
    return this.contexts[slot]!
  }

  get openCount(): number {
    return this.ids.length - this.free.length
  }
}

const contextOf = (requestId: string | null): string =>
  requestId === null ? '"surface":"feed",' : `"requestId":${JSON.stringify(requestId)},"surface":"feed",`
