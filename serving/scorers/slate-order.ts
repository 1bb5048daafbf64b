import type { Candidate } from '../candidate.ts'
import { type Above, type Rule, scaled, type SlateRule } from '../rules/rule.ts'
import { ValueHeap } from './value-heap.ts'

/** An order with what each rule did to each place. */
export interface Ordered {
  /** Indexes of the candidates given, first place first. */
  readonly order: Uint32Array
  /** By place. */
  readonly values: Float64Array
  /** By place and rule. */
  readonly factors: Float32Array
}

interface PlacedRule {
  readonly rule: SlateRule
  /** Among all rules. */
  readonly index: number
}

/**
 * Puts candidates in order: the greatest value first, where a value is the base scaled by every rule, and rules
 * of the slate see what was placed above. Those rules only lower, and lasting ones never less as the slate
 * grows: so a value once reckoned with them bounds what it can be later, and a heap of such bounds is looked
 * into only as far as somebody could still win (lazy greedy selection: Minoux, 1978).
 */
export class SlateOrder {
  private readonly rules: readonly Rule[]
  private readonly lasting: readonly PlacedRule[]
  private readonly passing: readonly PlacedRule[]

  constructor(rules: readonly Rule[]) {
    const slate = rules.flatMap((rule, index) => (rule.scope === 'slate' ? [{ rule, index }] : []))
    this.rules = rules
    this.lasting = slate.filter(({ rule }) => rule.lasting)
    this.passing = slate.filter(({ rule }) => !rule.lasting)
  }

  /** `bases` are the values before rules, one a candidate. Equals stay in the order given. */
  of(candidates: readonly Candidate[], bases: Float64Array): Ordered {
    const slate = new Slate(candidates, bases, this.rules, this.lasting, this.passing)
    for (let place = 0; place < candidates.length; place++) slate.fill(place)
    return slate.ordered
  }
}

/** One order while it grows. */
class Slate {
  readonly ordered: Ordered
  private readonly candidates: readonly Candidate[]
  private readonly rules: readonly Rule[]
  private readonly lasting: readonly PlacedRule[]
  private readonly passing: readonly PlacedRule[]
  /** By candidate and rule: what rules of posts did. */
  private readonly postFactors: Float32Array
  /** By candidate: what they left of its base. */
  private readonly values: Float64Array
  private readonly authors: Authors
  private readonly above: Above = { ofAuthor: 0, kind: null }
  /** Candidates not placed yet, by bounds of their values. */
  private readonly heap: ValueHeap
  private readonly aside: number[] = []

  constructor(
    candidates: readonly Candidate[],
    bases: Float64Array,
    rules: readonly Rule[],
    lasting: readonly PlacedRule[],
    passing: readonly PlacedRule[],
  ) {
    const count = candidates.length
    this.candidates = candidates
    this.rules = rules
    this.lasting = lasting
    this.passing = passing
    this.postFactors = new Float32Array(count * rules.length)
    this.values = new Float64Array(count)
    for (let index = 0; index < count; index++) this.applyPostRules(index, bases[index]!)
    this.authors = authorsOf(candidates)
    this.heap = new ValueHeap(this.values)
    this.ordered = {
      order: new Uint32Array(count),
      values: new Float64Array(count),
      factors: new Float32Array(count * rules.length),
    }
  }

  /** Finds who comes next. */
  fill(place: number): void {
    const { heap, aside } = this
    let best = -1
    let bestValue = -Infinity
    while (heap.size > 0 && (best === -1 || heap.topValue >= bestValue)) {
      const index = heap.top
      const bound = this.scaledBy(this.lasting, this.values[index]!, index)
      if (bound < heap.topValue) {
        heap.lowerTop(bound)
        continue
      }
      heap.pop()
      const value = this.scaledBy(this.passing, bound, index)
      if (best === -1 || value > bestValue || (value === bestValue && index < best)) {
        if (best !== -1) aside.push(best)
        best = index
        bestValue = value
      } else aside.push(index)
    }
    for (const index of aside) heap.push(index, this.scaledBy(this.lasting, this.values[index]!, index))
    aside.length = 0
    this.put(place, best, bestValue)
  }

  private applyPostRules(index: number, base: number): void {
    const { rules, postFactors, candidates } = this
    let value = base
    for (let rule = 0; rule < rules.length; rule++) {
      const each = rules[rule]!
      if (each.scope !== 'post') continue
      const factor = each.factor(candidates[index]!)
      postFactors[index * rules.length + rule] = factor
      value = scaled(value, factor)
    }
    this.values[index] = value
  }

  private scaledBy(rules: readonly PlacedRule[], base: number, index: number): number {
    const { above, authors } = this
    above.ofAuthor = authors.placed[authors.of[index]!]!
    let value = base
    for (let at = 0; at < rules.length; at++) {
      value = scaled(value, rules[at]!.rule.factor(this.candidates[index]!, above))
    }
    return value
  }

  private put(place: number, index: number, value: number): void {
    const { ordered, rules, postFactors, above, authors } = this
    const width = rules.length
    const candidate = this.candidates[index]!
    const author = authors.of[index]!
    ordered.order[place] = index
    ordered.values[place] = value
    above.ofAuthor = authors.placed[author]!
    for (let rule = 0; rule < width; rule++) {
      const each = rules[rule]!
      ordered.factors[place * width + rule] =
        each.scope === 'post' ? postFactors[index * width + rule]! : each.factor(candidate, above)
    }
    above.kind = candidate.post.kind
    authors.placed[author] = authors.placed[author]! + 1
  }
}

interface Authors {
  /** By candidate: which author. */
  readonly of: Int32Array
  /** By author: posts placed so far. */
  readonly placed: Int32Array
}

const authorsOf = (candidates: readonly Candidate[]): Authors => {
  const known = new Map<string, number>()
  const of = new Int32Array(candidates.length)
  for (let index = 0; index < candidates.length; index++) {
    const { authorId } = candidates[index]!.post
    let author = known.get(authorId)
    if (author === undefined) {
      author = known.size
      known.set(authorId, author)
    }
    of[index] = author
  }
  return { of, placed: new Int32Array(known.size) }
}
