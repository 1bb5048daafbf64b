import type { StateLayout } from '../../engine/processor.ts'
import { type ByteReader, type ByteWriter, copyBytes } from '../../engine/bytes.ts'
import { type Millis, millis } from '../../schemas/ids.ts'
import { REACTION_KINDS, type ReactionKind } from '../../schemas/reactions/index.ts'
import { Fingerprint } from '../fingerprint.ts'
import { rowReader } from '../rows.ts'
import type { JoinedLabel } from '../topics/label-settlements.ts'

export const NO_POST = -1

/**
 * Header: `f64 time of the impression (0: not here yet) · u8 settled · u16 posts`. Then a fingerprint a post
 * (`u32 low · u32 high`): the candidates in order or, before the impression is here, posts in order of their
 * labels. Then the labels: `f64 at · u16 post · u8 kind · u8 flags · f64 value`.
 */
const IMPRESSION_AT = 0
const SETTLED_AT = 8
const POSTS_AT = 9
const HEADER_BYTES = 11
const POST_BYTES = 8
const LABEL_POST_AT = 8
const LABEL_KIND_AT = 10
const LABEL_FLAGS_AT = 11
const LABEL_VALUE_AT = 12
const LABEL_BYTES = 20
const UNDO = 1
const HAS_VALUE = 2

/** The labels of one slate so far: bytes behind one reused handle, so that a reaction makes no object. */
export class LabelsRow {
  private bytes = Buffer.alloc(4096)
  private view = viewOf(this.bytes)
  private end = HEADER_BYTES

  clear(): this {
    for (let at = 0; at < HEADER_BYTES; at++) this.bytes[at] = 0
    this.end = HEADER_BYTES
    return this
  }

  load(reader: ByteReader): this {
    const length = reader.left
    this.reserve(length)
    copyBytes(reader.buffer, reader.position, reader.end, this.bytes, 0)
    this.end = length
    return this
  }

  save(writer: ByteWriter): boolean {
    if (this.impressionAt === 0 && this.labels === 0) return false
    writer.bytes(this.bytes, 0, this.end)
    return true
  }

  /** 0 until the impression is here. */
  get impressionAt(): number {
    return this.view.getFloat64(IMPRESSION_AT, true)
  }

  get settled(): boolean {
    return this.bytes[SETTLED_AT] === 1
  }

  get labels(): number {
    return (this.end - this.labelsStart) / LABEL_BYTES
  }

  /** Index of a post among those known; `NO_POST` when it is none of them. */
  findPost(low: number, high: number): number {
    const { view } = this
    const end = this.labelsStart
    for (let at = HEADER_BYTES; at < end; at += POST_BYTES) {
      if (view.getUint32(at, true) === low && view.getUint32(at + 4, true) === high) {
        return (at - HEADER_BYTES) / POST_BYTES
      }
    }
    return NO_POST
  }

  /** Adds a post behind the others; answers its index. */
  addPost(low: number, high: number): number {
    const at = this.labelsStart
    this.reserve(this.end + POST_BYTES)
    this.bytes.copyWithin(at + POST_BYTES, at, this.end)
    this.view.setUint32(at, low, true)
    this.view.setUint32(at + 4, high, true)
    this.end += POST_BYTES
    const posts = this.posts + 1
    this.view.setUint16(POSTS_AT, posts, true)
    return posts - 1
  }

  /** Adds a label where it belongs: they are in order of time, then of their bytes, whatever order they came in. */
  addLabel(post: number, kind: ReactionKind, undo: boolean, at: number, value: number | null): void {
    const { end } = this
    this.reserve(end + LABEL_BYTES)
    const { view, bytes } = this
    view.setFloat64(end, at, true)
    view.setUint16(end + LABEL_POST_AT, post, true)
    view.setUint8(end + LABEL_KIND_AT, REACTION_KINDS.indexOf(kind))
    view.setUint8(end + LABEL_FLAGS_AT, (undo ? UNDO : 0) | (value === null ? 0 : HAS_VALUE))
    view.setFloat64(end + LABEL_VALUE_AT, value ?? 0, true)
    this.end += LABEL_BYTES
    let place = end
    while (place > this.labelsStart && this.isBefore(end, place - LABEL_BYTES)) place -= LABEL_BYTES
    if (place === end) return
    const label = Buffer.from(bytes.subarray(end, this.end))
    bytes.copyWithin(place + LABEL_BYTES, place, end)
    label.copy(bytes, place)
  }

  private isBefore(one: number, other: number): boolean {
    const difference = this.view.getFloat64(one, true) - this.view.getFloat64(other, true)
    if (difference !== 0) return difference < 0
    return this.bytes.compare(this.bytes, other, other + LABEL_BYTES, one, one + LABEL_BYTES) < 0
  }

  /** Takes the impression in; answers the labels that came before it, and holds none of them any more. */
  begin(at: Millis, postIds: readonly string[]): EarlyLabel[] {
    const early = this.earlyLabels()
    this.clear()
    this.view.setFloat64(IMPRESSION_AT, at, true)
    for (const postId of postIds) {
      const { low, high } = fingerprint.of(postId)
      this.addPost(low, high)
    }
    return early
  }

  /** Removes the labels that came before their impression and are dated up to `at`; answers how many, undos aside. */
  expireEarly(at: number): number {
    const kept = this.earlyLabels()
    this.clear()
    let expired = 0
    for (const label of kept) {
      if (label.at > at) {
        const known = this.findPost(label.low, label.high)
        const post = known === NO_POST ? this.addPost(label.low, label.high) : known
        this.addLabel(post, label.kind, label.undo, label.at, label.value)
      } else if (!label.undo) expired++
    }
    return expired
  }

  /** Whether an undo of that post and kind at or after `at` is known. */
  isUndone(post: number, kind: ReactionKind, at: number): boolean {
    const { view } = this
    const kindIndex = REACTION_KINDS.indexOf(kind)
    for (let label = this.labelsStart; label < this.end; label += LABEL_BYTES) {
      if (
        view.getUint16(label + LABEL_POST_AT, true) !== post ||
        view.getUint8(label + LABEL_KIND_AT) !== kindIndex
      )
        continue
      if ((view.getUint8(label + LABEL_FLAGS_AT) & UNDO) !== 0 && view.getFloat64(label, true) >= at)
        return true
    }
    return false
  }

  /** The labels up to `until` that no undo up to `until` took back, in order of time; those after it stay. */
  settle(until: number): JoinedLabel[] {
    const all = this.allLabels()
    const undone = lastUndos(all.filter((label) => label.at <= until))
    this.end = this.labelsStart
    this.bytes[SETTLED_AT] = 1
    for (const { post, kind, undo, at, value } of all)
      if (at > until) this.addLabel(post, kind, undo, at, value)
    return all
      .filter((label) => !label.undo && label.at <= until && !((undone.get(undoKey(label)) ?? 0) >= label.at))
      .map(joined)
  }

  /** The labels that waited for their slate to settle, in order of time; undos stay. */
  takeLate(): JoinedLabel[] {
    const all = this.allLabels()
    this.end = this.labelsStart
    for (const { post, kind, undo, at, value } of all) if (undo) this.addLabel(post, kind, undo, at, value)
    return all.filter(({ undo }) => !undo).map(joined)
  }

  /** For people: makes objects. */
  describe(): SlateLabels {
    const { impressionAt, settled, posts } = this
    return {
      impressionAt: impressionAt === 0 ? null : millis(impressionAt),
      settled,
      posts,
      labels: this.allLabels(),
    }
  }

  private earlyLabels(): EarlyLabel[] {
    return this.allLabels().map((label) => {
      const at = HEADER_BYTES + label.post * POST_BYTES
      return { ...label, low: this.view.getUint32(at, true), high: this.view.getUint32(at + 4, true) }
    })
  }

  private allLabels(): StoredLabel[] {
    const { view } = this
    const labels: StoredLabel[] = []
    for (let label = this.labelsStart; label < this.end; label += LABEL_BYTES) {
      const flags = view.getUint8(label + LABEL_FLAGS_AT)
      labels.push({
        post: view.getUint16(label + LABEL_POST_AT, true),
        kind: REACTION_KINDS[view.getUint8(label + LABEL_KIND_AT)]!,
        undo: (flags & UNDO) !== 0,
        at: millis(view.getFloat64(label, true)),
        value: (flags & HAS_VALUE) === 0 ? null : view.getFloat64(label + LABEL_VALUE_AT, true),
      })
    }
    return labels
  }

  private get posts(): number {
    return this.view.getUint16(POSTS_AT, true)
  }

  private get labelsStart(): number {
    return HEADER_BYTES + this.posts * POST_BYTES
  }

  private reserve(length: number): void {
    if (length <= this.bytes.length) return
    const grown = Buffer.alloc(Math.max(length, this.bytes.length * 2))
    this.bytes.copy(grown, 0, 0, this.end)
    this.bytes = grown
    this.view = viewOf(grown)
  }
}

interface StoredLabel {
  readonly post: number
  readonly kind: ReactionKind
  readonly undo: boolean
  readonly at: Millis
  readonly value: number | null
}

/** A slate's labels, as people read them. */
export interface SlateLabels {
  /** Null until the impression is here. */
  readonly impressionAt: Millis | null
  readonly settled: boolean
  readonly posts: number
  /** `post` is its place in the slate. */
  readonly labels: readonly StoredLabel[]
}

/** A label whose impression was not here yet. */
export interface EarlyLabel extends Omit<StoredLabel, 'post'> {
  readonly low: number
  readonly high: number
}

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

const joined = ({ post, kind, at, value }: StoredLabel): JoinedLabel => ({ candidate: post, kind, at, value })

const undoKey = (label: StoredLabel): string => `${label.post} ${label.kind}`

const lastUndos = (labels: readonly StoredLabel[]): Map<string, number> => {
  const last = new Map<string, number>()
  for (const label of labels) {
    if (label.undo) last.set(undoKey(label), Math.max(label.at, last.get(undoKey(label)) ?? 0))
  }
  return last
}

const fingerprint = new Fingerprint()
const row = new LabelsRow()

export const labelsLayout: StateLayout<LabelsRow> = {
  version: 1,
  create: () => row.clear(),
  read: (reader) => row.load(reader),
  write: (state, writer) => state.save(writer),
}

/** The labels in a row of `label-join`. */
export const readSlateLabels = (stored: Buffer): SlateLabels =>
  new LabelsRow().load(rowReader(labelsLayout, stored)).describe()
