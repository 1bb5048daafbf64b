import type { AppendEntry } from '../port.ts'

/** Bytes that one write takes at most; a longer queue takes several. */
const GROUP_BYTES_MAX = 8 << 20

interface Waiting {
  readonly entries: readonly AppendEntry[]
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Group commit: whatever is appended within one turn of the event loop shares one write, which makes it readable, and
 * one sync, which answers. What is read before it is durable leaves nothing behind that a power cut would not take
 * too: all of it lies later in the same write-ahead log.
 */
export class Appender {
  private readonly write: (groups: readonly (readonly AppendEntry[])[]) => void
  private readonly sync: () => Promise<void>
  private readonly answering = new Set<Promise<void>>()
  private waiting: Waiting[] = []
  private scheduled = false

  /** `write` makes the entries readable, or throws and does nothing; `sync` makes durable what was written before. */
  constructor(write: (groups: readonly (readonly AppendEntry[])[]) => void, sync: () => Promise<void>) {
    this.write = write
    this.sync = sync
  }

  /** Resolves when the entries are durable. Where it throws what `sync` did, they may be there all the same. */
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

  /** Waits until all that was written is answered. */
  async settled(): Promise<void> {
    await Promise.all(this.answering)
  }

  private writeGroup(group: readonly Waiting[]): void {
    const answered = this.answer(group).finally(() => this.answering.delete(answered))
    this.answering.add(answered)
  }

  /** Writes at once, before anything is waited for. */
  private async answer(group: readonly Waiting[]): Promise<void> {
    try {
      this.write(group.map(({ entries }) => entries))
      await this.sync()
      for (const { resolve } of group) resolve()
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }
}

const groupEnd = (waiting: readonly Waiting[], from: number): number => {
  let bytes = 0
  let to = from
  do bytes += waiting[to++]!.bytes
  while (to < waiting.length && bytes + waiting[to]!.bytes <= GROUP_BYTES_MAX)
  return to
}
