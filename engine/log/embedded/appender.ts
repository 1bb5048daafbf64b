import type { AppendEntry } from '../port.ts'

/** Bytes that one synced write takes at most; a longer queue takes several. */
const GROUP_BYTES_MAX = 8 << 20

interface Waiting {
  readonly entries: readonly AppendEntry[]
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Group commit: whatever is appended within one turn of the event loop shares one synced write, for the sync
 * costs the same for one frame as for a hundred.
 */
export class Appender {
  private readonly write: (groups: readonly (readonly AppendEntry[])[]) => void
  private waiting: Waiting[] = []
  private scheduled = false

  /** `write` makes the entries durable and readable, or throws and does neither. */
  constructor(write: (groups: readonly (readonly AppendEntry[])[]) => void) {
    this.write = write
  }

  append(entries: readonly AppendEntry[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const bytes = entries.reduce((sum, entry) => sum + entry.frame.bytes.length, 0)
      this.waiting.push({ entries, bytes, resolve, reject })
      if (this.scheduled) return
      this.scheduled = true
      setImmediate(() => this.flush())
    })
  }

  /** Writes what waits, now. */
  flush(): void {
    this.scheduled = false
    const waiting = this.waiting
    this.waiting = []
    for (let from = 0; from < waiting.length;) {
      const to = groupEnd(waiting, from)
      this.writeGroup(waiting.slice(from, to))
      from = to
    }
  }

  private writeGroup(group: readonly Waiting[]): void {
    try {
      this.write(group.map(({ entries }) => entries))
    } catch (error) {
      for (const { reject } of group) reject(error)
      return
    }
    for (const { resolve } of group) resolve()
  }
}

const groupEnd = (waiting: readonly Waiting[], from: number): number => {
  let bytes = 0
  let to = from
  do bytes += waiting[to++]!.bytes
  while (to < waiting.length && bytes + waiting[to]!.bytes <= GROUP_BYTES_MAX)
  return to
}
