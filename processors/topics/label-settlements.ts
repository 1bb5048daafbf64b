import type { ByteReader } from '../../engine/bytes.ts'
import type { Topic } from '../../engine/topic.ts'
import { type Millis, millis, type RequestId, type UserId } from '../../schemas/ids.ts'
import { REACTION_KINDS, type ReactionKind } from '../../schemas/reactions/index.ts'
import { Symbols } from '../symbols.ts'
import { versionedCodec } from './versioned.ts'

/**
 * early: a label of a slate that has yet to settle; settled: the default window is over, here are the labels of all
 * candidates; late: a label of a longer window; closed: the longest window is over, or the slate is to be forgotten.
 */
const PHASES = ['settled', 'late', 'closed', 'early'] as const
export type SettlementPhase = (typeof PHASES)[number]

/** A label joined to a candidate, by the candidate's index in its slate. */
export interface JoinedLabel {
  readonly candidate: number
  readonly kind: ReactionKind
  readonly at: Millis
  readonly value: number | null
}

export interface LabelSettlement {
  readonly userId: UserId
  readonly requestId: RequestId
  readonly phase: SettlementPhase
  readonly at: Millis
  /** In order of time. */
  readonly labels: readonly JoinedLabel[]
}

const phases = new Symbols<SettlementPhase>(PHASES)
const kinds = new Symbols<ReactionKind>(REACTION_KINDS)

const NAME = 'label-settlements'

export const labelSettlements: Topic<LabelSettlement> = {
  name: NAME,
  about: 'Labels on their way to the slates they belong to, keyed by user and request.',
  keySpace: 'user',
  // Made from the watermark on: the task's time need not wait for more of them.
  graceMs: 0,
  isEcho: true,
  visibility: 'internal',
  key: (value, key) => {
    key.id(value.userId)
    key.id(value.requestId)
  },
  time: (value) => value.at,
  codec: versionedCodec(NAME, 1, {
    encode: ({ userId, requestId, phase, at, labels }, writer) => {
      writer.string(userId)
      writer.string(requestId)
      phases.write(phase, writer)
      writer.f64(at)
      writer.varint(labels.length)
      for (const label of labels) {
        writer.varint(label.candidate)
        kinds.write(label.kind, writer)
        writer.f64(label.at)
        writer.u8(label.value === null ? 0 : 1)
        if (label.value !== null) writer.f64(label.value)
      }
    },
    decode: (reader) => ({
      userId: reader.string() as UserId,
      requestId: reader.string() as RequestId,
      phase: phases.read(reader),
      at: millis(reader.f64()),
      labels: Array.from({ length: reader.varint() }, () => readLabel(reader)),
    }),
  }),
}

const readLabel = (reader: ByteReader): JoinedLabel => ({
  candidate: reader.varint(),
  kind: kinds.read(reader),
  at: millis(reader.f64()),
  value: reader.u8() === 0 ? null : reader.f64(),
})
