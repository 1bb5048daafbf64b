import { hash } from 'node:crypto'
import { on, type Context, type Processor } from '../../engine/processor.ts'
import { type Example, type ExamplePhase, LABELS_MAX } from '../../schemas/examples/index.ts'
import type { Millis } from '../../schemas/ids.ts'
import type { Candidate, Impression } from '../../schemas/impressions/index.ts'
import type { Survey } from '../../schemas/surveys/index.ts'
import { examples, impressions, surveys } from '../topics.ts'
import { type JoinedLabel, type LabelSettlement, labelSettlements } from '../topics/label-settlements.ts'
import { slateLayout, type SlateRow } from './slate-row.ts'
import { SETTLED_KINDS } from './windows.ts'

const keep = (impression: Impression, state: SlateRow): boolean => {
  if (!state.isEmpty) return false
  state.keep(impression)
  return true
}

const settle = (settlement: LabelSettlement, state: SlateRow, context: Context): boolean => {
  if (state.isEmpty) return false
  if (settlement.phase === 'closed') {
    state.clear()
    return true
  }
  if (settlement.phase === 'settled') emitSettled(state, settlement.labels, context)
  else for (const label of settlement.labels) emitLate(state, label, settlement.phase === 'early', context)
  return false
}

const emitSettled = (slate: SlateRow, labels: readonly JoinedLabel[], context: Context): void => {
  const byCandidate = Map.groupBy(labels, (label) => label.candidate)
  for (let index = 0; index < slate.candidateCount; index++) {
    const own = (byCandidate.get(index) ?? []).slice(0, LABELS_MAX)
    context.emit(examples, {
      ...exampleOf(slate.head, slate.candidate(index), 'settled', own),
      settledLabels: [...SETTLED_KINDS],
    })
  }
}

const emitLate = (slate: SlateRow, label: JoinedLabel, isEarly: boolean, context: Context): void =>
  context.emit(examples, {
    ...exampleOf(slate.head, slate.candidate(label.candidate), 'late', [label]),
    isEarly,
  })

const exampleOf = (
  impression: Impression,
  candidate: Candidate,
  phase: ExamplePhase,
  labels: readonly JoinedLabel[],
): Example => {
  const { requestId, userId, at, modelVersion, configVersion, columnsHash, featuresEncoding } = impression
  const { experiment, tasteVector, language: viewerLanguage } = impression
  const { postId, authorId, position, propensity, features, source, containerId, hashtags, heads } = candidate
  const { contentVector, language: postLanguage, kind: postKind } = candidate
  const late = phase === 'late' ? labels[0] : undefined
  return {
    exampleId: exampleIdOf(requestId, postId, phase, late),
    requestId,
    userId,
    postId,
    authorId,
    position,
    at,
    propensity,
    modelVersion,
    configVersion,
    columnsHash,
    features,
    phase,
    labels: labels.map(({ kind, at: labelAt, value }) => ({ label: kind, at: labelAt, value })),
    settledLabels: [],
    featuresEncoding,
    source,
    containerId,
    hashtags,
    isEarly: false,
    heads,
    satisfaction: null,
    experiment,
    contentVector,
    postLanguage,
    postKind,
    tasteVector,
    viewerLanguage,
  }
}

/** Of a post, or of every post of the feed where none is named. A survey must name its request. */
const answer = (survey: Survey, slate: SlateRow, context: Context): boolean => {
  const { postId, satisfaction, at } = survey
  const candidates = slate.impression()?.candidates ?? []
  const about = candidates.filter((candidate) => postId === null || candidate.postId === postId)
  if (about.length === 0) context.count('label_join.survey_unmatched')
  for (const candidate of about) {
    const example = exampleOf(slate.head, candidate, 'late', [])
    const exampleId = exampleIdOf(example.requestId, example.postId, 'late', { kind: 'survey', at })
    context.emit(examples, { ...example, exampleId, satisfaction })
  }
  return false
}

const DIGEST_CHARACTERS = 32

/** A function of what the example is about: the same again after a crash. 128 bits, as an id has 64 bytes. */
export const exampleIdOf = (
  requestId: string,
  postId: string,
  phase: ExamplePhase,
  late?: { readonly kind: string; readonly at: Millis },
): string => {
  const identity = [requestId, postId, late?.kind ?? '', late?.at ?? ''].join('\0')
  const digest = hash('sha256', identity, 'hex').slice(0, DIGEST_CHARACTERS)
  return `${phase[0]}-${digest}`
}

/**
 * Slates as they were served, features and all, until their longest window ends: written once, read when
 * their labels come. Each label gives an example the moment it is joined, so that models need not wait for it,
 * each settled slate one a candidate, and each survey one a post that it is about, with the features' bytes as they
 * were logged.
 */
export const labelSlates: Processor<SlateRow> = {
  name: 'label-slates',
  about: 'Served slates with their features, until their labels are in.',
  state: slateLayout,
  handlers: [
    on({
      input: impressions,
      key: (impression, key) => key.id(impression.userId) && key.id(impression.requestId),
      process: keep,
    }),
    on({
      input: labelSettlements,
      key: (settlement, key) => key.id(settlement.userId) && key.id(settlement.requestId),
      process: settle,
    }),
    on({
      input: surveys,
      key: ({ userId, requestId }, key) => requestId !== null && key.id(userId) && key.id(requestId),
      process: answer,
    }),
  ],
  outputs: [examples],
}
