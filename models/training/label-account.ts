import type { Example } from '../../schemas/examples/index.ts'
import type { ReactionKind } from '../../schemas/reactions/v1.ts'
import { type Head, SATISFIED_MIN } from '../heads.ts'
import { ACTIVE, exampleKey, type KnownExamples, LOOKED_AT, SETTLED } from './known-examples.ts'

/** Reactions that a viewer makes without deciding to: an example with no other is a negative. */
const PASSIVE: ReadonlySet<ReactionKind> = new Set(['view', 'dwell', 'watch', 'skip'])

/** Each has a bit of what is known of an example, below those that all heads share. */
export const ACCOUNT_HEADS_MAX = 28

/** Whether an example brings something to learn; `left-out` is a negative that is not kept. */
export type News = 'news' | 'no-news' | 'left-out'

/**
 * What each head learns from an example, as the difference to what was learned of it before, in weights and targets
 * (see network/losses.ts). What an example is worth follows from what is known of it alone:
 *
 * - not looked at: nothing. Where an app tells of views, a post is looked at once it has a view or any other
 *   reaction; where it does not, every post of a slate is, once the slate settles.
 * - looked at: each head of a probability has the example's weight, and as target that weight or 0; a head of a
 *   time learns the logarithm of milliseconds, once, where somebody stayed: when the slate settles, for a look may be
 *   told in parts, their logarithms do not add up, and nothing of it comes later. A head of long looks learns a
 *   positive as soon as one part is long enough, and from all of them together when the slate settles.
 *
 * So a view is learned as a negative of every head the moment it comes, and a like that follows as the difference
 * between a positive and a negative: weight 0, target 1. Whenever labels come, and in whatever parts, what is
 * learned adds up to the gradient of the whole example, and nothing is estimated ("Addressing Delayed Feedback for
 * Continuous Training with Neural Networks in CTR prediction", Ktena et al., 2019, call such examples fake negatives
 * and correct for them by importance; here the join says which one was fake). An undo takes back its label when the
 * slate settles: what was known before and is not among the settled labels is gone. So a label of a longer window
 * must come after its slate settled, as the label join sees to.
 *
 * Negatives are kept at a rate r and then weigh 1 / r; which ones hangs on the example alone. One that turns out to
 * be no negative weighs 1 from then on, kept or not.
 */
export class LabelAccount {
  /** Of the example considered last: what to add for each head. */
  readonly weights: Float32Array
  readonly targets: Float32Array
  key = 0
  /** Whether nothing was learned of it before, but of a survey. */
  isFirst = false
  private readonly heads: readonly Head[]
  private readonly headBits: readonly number[]
  private readonly negativesKept: number
  private readonly known: KnownExamples
  private next = 0

  constructor(heads: readonly Head[], negativesKept: number, known: KnownExamples) {
    if (heads.length > ACCOUNT_HEADS_MAX)
      throw new RangeError(`${heads.length} heads: at most ${ACCOUNT_HEADS_MAX}`)
    this.heads = heads
    this.headBits = heads.map((_, index) => 1 << index)
    this.negativesKept = negativesKept
    this.known = known
    this.weights = new Float32Array(heads.length)
    this.targets = new Float32Array(heads.length)
  }

  /** Works out what an example brings. Remembers nothing yet: see `remember`. */
  consider(example: Example): News {
    this.key = exampleKey(example)
    const before = this.known.get(this.key)
    const old = before ?? (isLate(example) ? LOOKED_AT | SETTLED : 0)
    this.next = this.after(example, old)
    const oldWeight = this.weightOf(old)
    const weight = this.weightOf(this.next)
    this.isFirst = oldWeight === 0 || before === undefined
    let brings = false
    for (let head = 0; head < this.heads.length; head++) {
      const { output, isSurveyed } = this.heads[head]!
      if (output === 'seconds') this.considerTime(example, head, old, weight)
      else if (isSurveyed) this.considerSurvey(example, head, old)
      else {
        const bit = this.headBits[head]!
        this.weights[head] = weight - oldWeight
        this.targets[head] = ((this.next & bit) === 0 ? 0 : weight) - ((old & bit) === 0 ? 0 : oldWeight)
      }
      brings ||= this.weights[head] !== 0 || this.targets[head] !== 0
    }
    if (brings) return 'news'
    return weight === 0 && (this.next & LOOKED_AT) !== 0 && (old & LOOKED_AT) === 0 ? 'left-out' : 'no-news'
  }

  /** From now on the example considered last is known. */
  remember(example: Example): void {
    if (tellsOfView(example)) this.known.tellsOfViews = true
    if (this.next !== 0) this.known.set(this.key, this.next)
  }

  /** Of the example considered last: a bit a head that it is a positive of. */
  get positives(): number {
    return this.next & (LOOKED_AT - 1)
  }

  /** What the example considered last weighs. */
  get weight(): number {
    return this.weightOf(this.next)
  }

  /** Milliseconds that an example tells of a head of a time. */
  timeOf({ labels }: Example, head: number): number {
    const own: readonly ReactionKind[] = this.heads[head]!.labels
    return labels.reduce((sum, { label, value }) => (own.includes(label) ? sum + (value ?? 0) : sum), 0)
  }

  private considerTime(example: Example, head: number, old: number, weight: number): void {
    const bit = this.headBits[head]!
    this.weights[head] = 0
    this.targets[head] = 0
    if ((old & bit) !== 0 || (this.next & bit) === 0) return
    this.weights[head] = weight
    this.targets[head] = weight === 0 ? 0 : Math.log1p(this.timeOf(example, head))
  }

  /** The first answer is learned, as one example whatever others weigh: not answering is no negative. */
  private considerSurvey({ satisfaction }: Example, head: number, old: number): void {
    const isFirst = satisfaction !== null && (old & this.headBits[head]!) === 0
    this.weights[head] = isFirst ? 1 : 0
    this.targets[head] = isFirst && satisfaction >= SATISFIED_MIN ? 1 : 0
  }

  private after(example: Example, old: number): number {
    const tells = this.known.tellsOfViews || tellsOfView(example)
    // Before anything is known of views, nothing says that a post without one was not looked at.
    if (example.isEarly && !tells) return old
    const of = this.bitsOf(example)
    // A survey about a whole feed does not say which of its posts were looked at.
    const hasLabels = example.labels.length > 0
    // Of a time nothing is learned before the whole of it is known.
    if (example.phase === 'late') return old | (of & ~this.timeBits) | (hasLabels ? LOOKED_AT : 0)
    const isLookedAt = hasLabels || !tells ? LOOKED_AT : old & LOOKED_AT
    return of | isLookedAt | SETTLED | (old & this.onceBits)
  }

  private bitsOf(example: Example): number {
    const { labels, satisfaction } = example
    let bits = satisfaction === null ? 0 : this.surveyBits
    for (const { label } of labels) {
      if (!PASSIVE.has(label)) bits |= ACTIVE
      for (let head = 0; head < this.heads.length; head++) {
        const { labels: own, atLeastMs } = this.heads[head]!
        if (atLeastMs === undefined && own.includes(label)) bits |= this.headBits[head]!
      }
    }
    return bits | this.longLooksOf(example)
  }

  /** One that is told in parts may be known to be long before all of them are told, and not the other way round. */
  private longLooksOf(example: Example): number {
    return this.bitsWhere(
      ({ atLeastMs }, head) => atLeastMs !== undefined && this.timeOf(example, head) >= atLeastMs,
    )
  }

  /** Heads that learn of an example once. */
  private get onceBits(): number {
    return this.bitsWhere(({ output, isSurveyed }) => output === 'seconds' || isSurveyed === true)
  }

  private get timeBits(): number {
    return this.bitsWhere(({ output }) => output === 'seconds')
  }

  private get surveyBits(): number {
    return this.bitsWhere(({ isSurveyed }) => isSurveyed === true)
  }

  private bitsWhere(holds: (head: Head, index: number) => boolean): number {
    return this.heads.reduce(
      (bits, head, index) => (holds(head, index) ? bits | this.headBits[index]! : bits),
      0,
    )
  }

  private weightOf(bits: number): number {
    if ((bits & LOOKED_AT) === 0) return 0
    if ((bits & ACTIVE) !== 0 || this.negativesKept === 1) return 1
    return shareOf(this.key) < this.negativesKept ? 1 / this.negativesKept : 0
  }
}

const tellsOfView = ({ labels }: Example): boolean => labels.some(({ label }) => label === 'view')

/** Its slate settled before, as a negative of what comes now. */
const isLate = ({ phase, isEarly, labels }: Example): boolean =>
  phase === 'late' && !isEarly && labels.length > 0

/** A number in [0, 1) for a key. */
const shareOf = (key: number): number => (key % 2 ** 32) / 2 ** 32
