import { CLOCK_SKEW_MS, LABEL_WINDOW_MS, SETTLE_MS } from '../../../processors/label-join/windows.ts'
import type { Example } from '../../../schemas/examples/index.ts'
import type { Impression } from '../../../schemas/impressions/index.ts'
import type { Reaction } from '../../../schemas/reactions/index.ts'

export interface Outcome {
  /** One line an example: request, post, phase and labels. */
  readonly examples: readonly string[]
  readonly unmatched: number
  readonly expired: number
}

const shows = (slate: Impression, { userId, postId }: Reaction): boolean =>
  slate.userId === userId && slate.candidates.some((candidate) => candidate.postId === postId)

/** The slate that a reaction belongs to, its window aside. */
const slateOf = (reaction: Reaction, slates: readonly Impression[]): Impression | undefined => {
  const showing = slates.filter((slate) => shows(slate, reaction))
  if (reaction.requestId !== null) {
    return showing.find(
      ({ requestId, at }) => requestId === reaction.requestId && reaction.at >= at - CLOCK_SKEW_MS,
    )
  }
  return showing
    .filter(({ at }) => at <= reaction.at)
    .sort((one, other) => other.at - one.at || (one.requestId < other.requestId ? 1 : -1))[0]
}

/** Whether an undo takes a label of this slate back before the slate settles. */
const takesBack = (undo: Reaction, label: Reaction, slate: Impression): boolean =>
  undo.undo &&
  undo.userId === label.userId &&
  undo.postId === label.postId &&
  undo.kind === label.kind &&
  undo.at >= label.at &&
  undo.at <= slate.at + SETTLE_MS &&
  (undo.at >= slate.at || undo.requestId === slate.requestId)

export const lineOf = (
  example: Pick<Example, 'requestId' | 'postId' | 'phase' | 'labels' | 'features'>,
): string =>
  [
    example.requestId,
    example.postId,
    example.phase,
    Buffer.from(example.features).toString('hex'),
    ...example.labels.map(({ label, at, value }) => `${label}@${at}=${value}`),
  ].join(' ')

/** What the join must make of all impressions and reactions, by looking at all of them at once. */
export const oracle = (slates: readonly Impression[], reactions: readonly Reaction[]): Outcome => {
  const labels = reactions.filter(({ undo }) => !undo)
  const joined = labels.map((label) => ({ label, slate: slateOf(label, slates) }))
  const matched = joined.flatMap(({ label, slate }) => (slate === undefined ? [] : [{ label, slate }]))
  const inTime = matched.filter(({ label, slate }) => label.at - slate.at <= LABEL_WINDOW_MS[label.kind])
  const examples: string[] = []
  for (const slate of slates) {
    for (const candidate of slate.candidates) {
      const own = inTime
        .filter((each) => each.slate === slate && each.label.postId === candidate.postId)
        .map(({ label }) => label)
        .sort((one, other) => one.at - other.at)
      const early = own
        .filter(({ at }) => at <= slate.at + SETTLE_MS)
        .filter((label) => !reactions.some((undo) => takesBack(undo, label, slate)))
      const shared = { requestId: slate.requestId, postId: candidate.postId, features: candidate.features }
      const lineFor = (phase: 'settled' | 'late', of: readonly Reaction[]): string =>
        lineOf({ ...shared, phase, labels: of.map(({ kind, at, value }) => ({ label: kind, at, value })) })
      examples.push(lineFor('settled', early))
      for (const late of own.filter(({ at }) => at > slate.at + SETTLE_MS))
        examples.push(lineFor('late', [late]))
    }
  }
  return {
    examples: examples.sort(),
    unmatched: joined.length - matched.length,
    expired: matched.length - inTime.length,
  }
}
