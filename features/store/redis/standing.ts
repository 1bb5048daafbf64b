import { EngineError } from '../../../engine/errors.ts'

/**
 * How far partitions of stores stood when they were last read: one that stands further back has lost rows since. Rows are
 * read together with it, so that those which are gone are not taken for ones that never were.
 */
export class Standing {
  /** By store, then by partition. */
  private readonly sequences = new Map<string, number[]>()

  /** Throws `FEATURES_LOST` where the partition stood further on. */
  assertKept(store: string, partition: number, sequence: number): void {
    const before = this.note(store, partition, sequence)
    if (sequence >= before) return
    const detail = `${store} of partition ${partition} stands at ${sequence}, and stood at ${before}`
    throw new EngineError('FEATURES_LOST', detail)
  }

  /** Answers how far it stood at best. */
  note(store: string, partition: number, sequence: number): number {
    let known = this.sequences.get(store)
    if (known === undefined) this.sequences.set(store, (known = []))
    const before = known[partition] ?? 0
    known[partition] = Math.max(before, sequence)
    return before
  }

  forget(): void {
    this.sequences.clear()
  }
}
