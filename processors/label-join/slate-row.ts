import { type ByteReader, ByteWriter } from '../../engine/bytes.ts'
import { contractCodec, writeGrowing } from '../../engine/contract-topic.ts'
import type { StateLayout } from '../../engine/processor.ts'
import { avroType } from '../../schemas/avro.ts'
import { type Candidate, candidateV4, type Impression, impressions } from '../../schemas/impressions/index.ts'
import { stateOf } from '../rows.ts'

const impressionCodec = contractCodec(impressions)
const candidateType = avroType(candidateV4.avro(new Set()))

/** `u16 candidates · u32 bytes`, and the impression without its candidates; then each of these after `u32 bytes`. */
const COUNT_AT = 0
const HEAD_BYTES_AT = 2
const HEAD_AT = 6
const LENGTH_BYTES = 4

/**
 * A slate that was served, behind one reused handle: of its bytes only what is asked for is decoded, for a label is of one
 * candidate of dozens. Handles read where the row lies, until the next event.
 */
export class SlateRow {
  /** Of a slate that is new, or of a row that was written in one piece: not laid out yet. */
  private whole: Impression | null = null
  private buffer: Buffer = Buffer.alloc(0)
  private start = 0
  private end = 0
  private knownHead: Impression | null = null

  clear(): this {
    return this.over(this.buffer, 0, 0)
  }

  over(buffer: Buffer, start: number, end: number): this {
    this.whole = null
    this.knownHead = null
    this.buffer = buffer
    this.start = start
    this.end = end
    return this
  }

  keep(impression: Impression): this {
    this.clear()
    this.whole = impression
    return this
  }

  get isEmpty(): boolean {
    return this.whole === null && this.start === this.end
  }

  get candidateCount(): number {
    return this.whole?.candidates.length ?? this.buffer.readUInt16LE(this.start + COUNT_AT)
  }

  /** The impression; of one that was read the candidates are left out. */
  get head(): Impression {
    return (
      this.whole ?? (this.knownHead ??= impressionCodec.decode(this.buffer, this.headStart, this.headEnd))
    )
  }

  /** One of `candidateCount`, in the order of the slate. */
  candidate(index: number): Candidate {
    if (this.whole !== null) return this.whole.candidates[index]!
    let at = this.headEnd
    for (let before = 0; before < index; before++) at += LENGTH_BYTES + this.buffer.readUInt32LE(at)
    return candidateType.decode(this.buffer, at + LENGTH_BYTES).value as Candidate
  }

  /** Everything; null where nothing is kept. */
  impression(): Impression | null {
    if (this.isEmpty || this.whole !== null) return this.whole
    const candidates = Array.from({ length: this.candidateCount }, (_, index) => this.candidate(index))
    return { ...this.head, candidates }
  }

  save(writer: ByteWriter): boolean {
    if (this.isEmpty) return false
    if (this.whole === null) writer.bytes(this.buffer, this.start, this.end)
    else lay(this.whole, writer)
    return true
  }

  private get headStart(): number {
    return this.start + HEAD_AT
  }

  private get headEnd(): number {
    return this.headStart + this.buffer.readUInt32LE(this.start + HEAD_BYTES_AT)
  }
}

const part = new ByteWriter(1 << 12)

const lay = (impression: Impression, writer: ByteWriter): void => {
  const { candidates } = impression
  writer.u16(candidates.length)
  impressionCodec.encode({ ...impression, candidates: [] }, part)
  layPart(writer)
  for (const candidate of candidates) {
    writeGrowing(part, (buffer, position) => candidateType.encode(candidate, buffer, position))
    layPart(writer)
  }
}

const layPart = (writer: ByteWriter): void => {
  writer.u32(part.position)
  writer.bytes(part.buffer, 0, part.position)
  part.reset()
}

const row = new SlateRow()

/** Candidates lie as `candidateV4`: a contract with others needs another version of rows. */
export const slateLayout: StateLayout<SlateRow> = {
  version: 2,
  create: () => row.clear(),
  read: ({ buffer, position, end }: ByteReader) => row.over(buffer, position, end),
  write: (state, writer) => state.save(writer),
  // The impression's own frame, which names its contract's version.
  migrations: {
    1: ({ buffer, position, end }) => row.keep(impressionCodec.decode(buffer, position, end)),
  },
}

/** The slate in a row of `label-slates`. */
export const readSlate = (stored: Buffer): Impression | null => stateOf(slateLayout, stored).impression()
