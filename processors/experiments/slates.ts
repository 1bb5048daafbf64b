import { on, type Context, type Processor, type StateLayout } from '../../engine/processor.ts'
import { type Millis, millis, type RequestId, type UserId } from '../../schemas/ids.ts'
import type { Impression } from '../../schemas/impressions/index.ts'
import type { ReactionKind } from '../../schemas/reactions/index.ts'
import type { Survey } from '../../schemas/surveys/index.ts'
import { CLOCK_SKEW_MS, LABEL_WINDOW_MS } from '../label-join/windows.ts'
import { stateOf } from '../rows.ts'
import { impressions, surveys } from '../topics.ts'
import { experimentOutcomes } from '../topics/experiment-outcomes.ts'
import { type JoinedLabel, type LabelSettlement, labelSettlements } from '../topics/label-settlements.ts'
import { LOOKING, NEGATIVE, POSITIVE } from '../views/reaction-series.ts'
import { EVERYBODY_ARM, type Measures, NO_MEASURES } from './measures.ts'

/**
 * Before its impression is here it holds what surveys said, for as long as that may overtake it. From then on it stays
 * until the label join says that nothing can come of it any more: a timer of its own might fire before what the join
 * told by an earlier one is heard.
 */
interface ServedSlate {
  /** `EXPERIMENT/ARM`, that of everybody outside of all experiments; null before the impression. */
  experiment: string | null
  /** Of the impression; before it, of the newest survey. */
  at: number
  shown: number
  surveys: number
  satisfaction: number
}

const layout: StateLayout<ServedSlate> = {
  version: 1,
  create: () => ({ experiment: null, at: 0, shown: 0, surveys: 0, satisfaction: 0 }),
  read: (reader) => {
    const experiment = reader.string()
    return {
      experiment: experiment === '' ? null : experiment,
      at: reader.f64(),
      shown: reader.varint(),
      surveys: reader.varint(),
      satisfaction: reader.varint(),
    }
  },
  write: (state, writer) => {
    if (state.at === 0) return false
    writer.string(state.experiment ?? '')
    writer.f64(state.at)
    writer.varint(state.shown)
    writer.varint(state.surveys)
    writer.varint(state.satisfaction)
    return true
  },
}

const forget = (state: ServedSlate): boolean => {
  state.experiment = null
  state.at = 0
  return true
}

const show = (impression: Impression, state: ServedSlate, context: Context): boolean => {
  const { userId, experiment, at, candidates } = impression
  if (state.experiment !== null) return false
  state.experiment = experiment ?? EVERYBODY_ARM
  state.at = at
  state.shown = candidates.length
  if (state.surveys > 0) {
    const { surveys: count, satisfaction } = state
    send(userId, state, { ...NO_MEASURES, surveys: count, satisfaction }, context)
  }
  return true
}

const answer = (survey: Survey, state: ServedSlate, context: Context): boolean => {
  const { userId, satisfaction, at } = survey
  if (state.experiment !== null) {
    send(userId, state, { ...NO_MEASURES, surveys: 1, satisfaction }, context)
    return false
  }
  state.at = Math.max(state.at, at)
  state.surveys++
  state.satisfaction += satisfaction
  context.timer(millis(at + CLOCK_SKEW_MS))
  return true
}

const settle = (settlement: LabelSettlement, state: ServedSlate, context: Context): boolean => {
  const { userId, phase, labels } = settlement
  if (state.experiment === null) return false
  if (phase === 'closed') return forget(state)
  if (phase === 'settled') send(userId, state, { ...measured(labels), feeds: 1, shown: state.shown }, context)
  else if (phase === 'late') send(userId, state, measured(labels), context)
  return false
}

const send = (userId: UserId, state: ServedSlate, measures: Measures, context: Context): void =>
  context.emit(experimentOutcomes, {
    userId,
    experiment: state.experiment!,
    at: millis(state.at),
    measures,
  })

const MS_A_SECOND = 1_000
const isOf = (kinds: readonly ReactionKind[]): ((label: JoinedLabel) => boolean) => {
  const set = new Set(kinds)
  return ({ kind }) => set.has(kind)
}
/** A click is counted as such, and not as a reaction too. */
const isReaction = isOf(POSITIVE.filter((kind) => kind !== 'click'))
const isNegative = isOf(NEGATIVE)
const isLook = isOf(LOOKING)

/**
 * Looks begin after their feed was served and are told within their window, by a phone's clock: one that says it took
 * longer is counted as so long, or a few of them would outweigh all that others do. So a slate comes to at most
 * `SLATE_LABELS_MAX` looks of 35 minutes, 2,150,400 seconds.
 */
const lookedMs = ({ kind, value }: JoinedLabel): number =>
  Math.min(value ?? 0, LABEL_WINDOW_MS[kind] + CLOCK_SKEW_MS)

const measured = (labels: readonly JoinedLabel[]): Measures => {
  const clicked = new Set(labels.filter(({ kind }) => kind === 'click').map(({ candidate }) => candidate))
  const looksMs = labels.filter(isLook).reduce((sum, label) => sum + lookedMs(label), 0)
  return {
    ...NO_MEASURES,
    clicks: clicked.size,
    reactions: labels.filter(isReaction).length,
    negatives: labels.filter(isNegative).length,
    seconds: Math.round(looksMs / MS_A_SECOND),
  }
}

const onTimer = (at: Millis, state: ServedSlate): boolean =>
  state.experiment === null && state.at !== 0 && state.at + CLOCK_SKEW_MS <= at && forget(state)

/**
 * Feeds that were served, until their labels and surveys are in. Labels come from the label
 * join: undone ones are gone, and each is joined to the feed that it followed, whatever order events came in. A
 * feed counts when it settles; surveys count as they come, and must name their request.
 */
export const experimentSlates: Processor<ServedSlate> = {
  name: 'experiment-slates',
  about: 'Served feeds, until it is known what came of them.',
  state: layout,
  handlers: [
    on({
      input: impressions,
      key: ({ userId, requestId }, key) => key.id(userId) && key.id(requestId),
      process: show,
    }),
    on({
      input: labelSettlements,
      key: (settlement, key) => key.id(settlement.userId) && key.id(settlement.requestId),
      process: settle,
    }),
    on({
      input: surveys,
      key: ({ userId, requestId }, key) =>
        requestId !== null && key.id(userId) && key.id(requestId satisfies RequestId),
      process: answer,
    }),
  ],
  outputs: [experimentOutcomes],
  onTimer: (at, _key, state) => onTimer(at, state),
}

/** The slate in a row of `experiment-slates`. */
export const readExperimentSlate = (stored: Buffer): Readonly<ServedSlate> => stateOf(layout, stored)
