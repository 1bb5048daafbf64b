/** By partition, the offset of the next record to learn: all before are learned, none after. */
export type Position = Readonly<Record<string, number>>

/**
 * How far a learner has come in a topic that it follows. What it took and has not learned, for its batch is not full,
 * belongs to no state: after a restart it is read again.
 */
export class Standing {
  private readonly taken: number[]
  private learned: number[]

  constructor(position: Position, partitions: number) {
    this.learned = Array.from({ length: partitions }, (_, partition) => position[partition] ?? 0)
    this.taken = [...this.learned]
  }

  /** From where it has not learned yet. */
  get start(): readonly number[] {
    return this.learned
  }

  get position(): Position {
    return Object.fromEntries(this.learned.entries())
  }

  /** Whether it took, or passed over, that record. */
  hasTaken(partition: number, offset: number): boolean {
    return offset < this.taken[partition]!
  }

  /** It has taken, or passed over, all up to this one. */
  pass(partition: number, offset: number): void {
    this.taken[partition] = Math.max(this.taken[partition]!, offset + 1)
  }

  /** Everything taken is learned. */
  settle(): void {
    this.learned = [...this.taken]
  }
}
