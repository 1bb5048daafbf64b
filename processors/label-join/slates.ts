import { hash } from 'node:crypto'
import { contractCodec } from '../../engine/contract-topic.ts'
import { on, type Context, type Processor, type StateLayout } from '../../engine/processor.ts'
import { type Example, type ExamplePhase, LABELS_MAX } from '../../schemas/examples/index.ts'
import type { Millis } from '../../schemas/ids.ts'
import { impressions as impressionContract, type Impression } from '../../schemas/impressions/index.ts'
import type { Survey } from '../../schemas/surveys/index.ts'
import { stateOf } from '../rows.ts'
import { examples, impressions, surveys } from '../topics.ts'
import { type JoinedLabel, type LabelSettlement, labelSettlements } from '../topics/label-settlements.ts'
import { SETTLED_KINDS } from './windows.ts'

const codec = contractCodec(impressionContract)

/** A row is the impression's own frame, which names its contract's version: rows of every version are read. */
interface Slate {
  impression: Impression | null
}

const layout: StateLayout<Slate> = {
  version: 1,
  create: () => ({ impression: null }),
  read: (reader) => ({ impression: codec.decode(reader.buffer, reader.position, reader.end) }),
  write: (state, writer) => {
    if (state.impression === null) return false
    codec.encode(state.impression, writer)
    return true
  },
}

const keep = (impression: Impression, state: Slate): boolean => {
  if (state.impression !== null) return false
  state.impression = impression
  return true
}

const settle = (settlement: LabelSettlement, state: Slate, context: Context): boolean => {
  const { impression } = state
  if (impression === null) return false
  if (settlement.phase === 'closed') {
    state.impression = null
    return true
  }
  if (settlement.phase === 'settled') emitSettled(impression, settlement.labels, context)
  else
    for (const label of settlement.labels) emitLate(impression, label, settlement.phase === 'early', context)
  return false
}

const emitSettled = (impression: Impression, labels: readonly JoinedLabel[], context: Context): void => {
  const byCandidate = Map.groupBy(labels, (label) => label.candidate)
  for (let candidate = 0; candidate < impression.candidates.length; candidate++) {
    const own = (byCandidate.get(candidate) ?? []).slice(0, LABELS_MAX)
    context.emit(examples, {
      ...exampleOf(impression, candidate, 'settled', own),
      settledLabels: [...SETTLED_KINDS],
    })
  }
}

const emitLate = (impression: Impression, label: JoinedLabel, isEarly: boolean, context: Context): void =>
  context.emit(examples, { ...exampleOf(impression, label.candidate, 'late', [label]), isEarly })

const exampleOf = (
  impression: Impression,
  index: number,
  phase: ExamplePhase,
  labels: readonly JoinedLabel[],
): Example => {
  const { requestId, userId, at, modelVersion, configVersion, columnsHash, featuresEncoding } = impression
  const { experiment, tasteVector, language: viewerLanguage } = impression
  const candidate = impression.candidates[index]!
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
const answer = (survey: Survey, { impression }: Slate, context: Context): boolean => {
  const { postId, satisfaction, at } = survey
  const candidates = impression?.candidates ?? []
  const about = [...candidates.keys()].filter((index) => [null, candidates[index]!.postId].includes(postId))
  if (impression === null || about.length === 0) context.count('label_join.survey_unmatched')
  else
    for (const index of about) {
      const example = exampleOf(impression, index, 'late', [])
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
export const labelSlates: Processor<Slate> = {
  name: 'label-slates',
  about: 'Served slates with their features, until their labels are in.',
  state: layout,
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

/** The slate in a row of `label-slates`. */
export const readSlate = (stored: Buffer): Impression | null => stateOf(layout, stored).impression
