import { LABEL_WINDOW_MS, SETTLE_MS } from '../../processors/label-join/windows.ts'
import type { Example, ExampleLabel } from '../../schemas/examples/index.ts'
import type { ReactionKind } from '../../schemas/reactions/v1.ts'
import type { Head } from '../heads.ts'

/** Reactions that a viewer makes without deciding to: an example with no other is a negative. */
const PASSIVE: ReadonlySet<ReactionKind> = new Set(['view', 'dwell', 'watch', 'skip'])

export const isNegative = (example: Example): boolean =>
  example.phase === 'settled' && example.labels.every(({ label }) => PASSIVE.has(label))

/** Whether a head learns an example's post as a positive for the first time; asked once for each. */
export type FirstPositive = (example: Example, head: string) => boolean

/**
 * What each head learns from an example, written as a row of weights and targets (see network/losses.ts).
 *
 * A slate settles after half an hour, while some reactions count for a day. Until then their heads learn a
 * negative, which for most examples it stays; one that comes late brings an example of its own. Its row has a
 * weight of 0 and a target of 1, whose gradient is that of a positive less that of a negative: together the two
 * have the gradient of the positive, whenever it came and however rare such cases are. Nothing is estimated.
 *
 * A head of a time learns the logarithm of milliseconds where somebody looked, and nothing where nobody did.
 */
export class LabelWriter {
  private readonly heads: readonly Head[]
  private readonly kinds: readonly ReadonlySet<ReactionKind>[]
  private readonly isFirst: FirstPositive

  constructor(heads: readonly Head[], isFirst: FirstPositive) {
    this.heads = heads
    this.kinds = heads.map(({ labels }) => new Set(labels))
    this.isFirst = isFirst
  }

  /** Fills `[offset .. offset + heads)` of both; `weight` is how many examples this one stands for. */
  write(
    example: Example,
    weight: number,
    weights: Float32Array,
    targets: Float32Array,
    offset: number,
  ): void {
    for (const [index, head] of this.heads.entries()) {
      const own = this.kinds[index]!
      const at = offset + index
      const labels = example.labels.filter(({ label }) => own.has(label))
      weights[at] = 0
      targets[at] = 0
      if (head.output === 'seconds') {
        if (labels.length === 0) continue
        weights[at] = weight
        targets[at] = Math.log1p(totalMs(labels))
      } else {
        const isPositive = labels.length > 0 && (!mayBeLate(head) || this.isFirst(example, head.name))
        if (example.phase === 'settled') weights[at] = weight
        if (isPositive) targets[at] = weight
      }
    }
  }
}

/** Whether some of its reactions count for longer than slates wait. */
const mayBeLate = ({ labels }: Head): boolean => labels.some((kind) => LABEL_WINDOW_MS[kind] > SETTLE_MS)

const totalMs = (labels: readonly ExampleLabel[]): number =>
  labels.reduce((sum, { value }) => sum + (value ?? 0), 0)
