import { ByteReader, ByteWriter } from '../../engine/bytes.ts'
import { type IndexedPost, readEntryFacts, writeEntryFacts } from '../../processors/topics/post-entry.ts'
import type { Millis, PostId } from '../../schemas/ids.ts'

const CHUNK_BYTES = 1 << 20
const SLOTS_FIRST = 1_024
const NOTHING = 0

/** Bytes that posts lie in, one after the other; given back as a whole when none of them is there any more. */
interface Chunk {
  bytes: Buffer
  end: number
  live: number
}

/**
 * What candidates need to know of posts, by slot: some 60 bytes a post outside the JavaScript heap, where a million
 * objects would be walked through by each garbage collection. Posts go about as they come, so chunks empty by
 * themselves.
 */
export class PostFacts {
  /** Chunk and offset + 1; `NOTHING` for a slot without a post. */
  private addresses = new Float64Array(SLOTS_FIRST)
  private readonly chunks: (Chunk | undefined)[] = []
  private readonly writer = new ByteWriter()
  private readonly reader = new ByteReader()

  /** Memory that posts lie in. */
  get bytes(): number {
    return this.chunks.filter((chunk) => chunk !== undefined).length * CHUNK_BYTES
  }

  put(slot: number, post: IndexedPost): void {
    this.remove(slot)
    const { writer } = this
    writer.reset()
    writer.f64(post.publishedAt)
    writer.string(post.postId)
    writeEntryFacts(post, false, writer)
    const chunk = this.chunkFor(writer.position)
    writer.buffer.copy(chunk.bytes, chunk.end, 0, writer.position)
    this.makeRoom(slot)
    this.addresses[slot] = (this.chunks.length - 1) * CHUNK_BYTES + chunk.end + 1
    chunk.end += writer.position
    chunk.live++
  }

  /** A slot without a post is left as it is. */
  remove(slot: number): void {
    const address = this.addresses[slot] ?? NOTHING
    if (address === NOTHING) return
    this.addresses[slot] = NOTHING
    const index = Math.floor((address - 1) / CHUNK_BYTES)
    const chunk = this.chunks[index]!
    chunk.live--
    if (chunk.live === 0 && index < this.chunks.length - 1) this.chunks[index] = undefined
  }

  /** Undefined for a slot without a post. */
  post(slot: number): IndexedPost | undefined {
    const address = this.addresses[slot] ?? NOTHING
    if (address === NOTHING) return undefined
    const { bytes, end } = this.chunks[Math.floor((address - 1) / CHUNK_BYTES)]!
    const reader = this.reader.over(bytes, (address - 1) % CHUNK_BYTES, end)
    const publishedAt = reader.f64() as Millis
    const postId = reader.string() as PostId
    return readEntryFacts(postId, publishedAt, reader) ?? undefined
  }

  /** When the post of a slot was published; NaN for a slot without one. */
  publishedAt(slot: number): number {
    const address = this.addresses[slot] ?? NOTHING
    if (address === NOTHING) return Number.NaN
    return this.chunks[Math.floor((address - 1) / CHUNK_BYTES)]!.bytes.readDoubleLE(
      (address - 1) % CHUNK_BYTES,
    )
  }

  private chunkFor(bytes: number): Chunk {
    const last = this.chunks.at(-1)
    if (last !== undefined && last.end + bytes <= CHUNK_BYTES) return last
    if (last !== undefined && last.live === 0) this.chunks[this.chunks.length - 1] = undefined
    const chunk = { bytes: Buffer.allocUnsafeSlow(CHUNK_BYTES), end: 0, live: 0 }
    this.chunks.push(chunk)
    return chunk
  }

  private makeRoom(slot: number): void {
    if (slot < this.addresses.length) return
    const addresses = new Float64Array(Math.max(slot + 1, this.addresses.length * 2))
    addresses.set(this.addresses)
    this.addresses = addresses
  }
}
