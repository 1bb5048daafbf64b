import { keyOf } from '../../engine/key.ts'
import { ITEM_BYTES, packItem, readItem, TOWER_INPUTS } from '../../models/retrieval/tower-inputs.ts'
import { towerVector } from '../../models/retrieval/towers.ts'
import { ITEM_DIMENSIONS } from '../../models/retrieval/vector-index.ts'
import { contentVectorOf } from '../../processors/content/content-vector.ts'
import { post as postView } from '../../processors/views/post.ts'
import type { Millis } from '../../schemas/ids.ts'
import type { Post } from '../../schemas/posts/index.ts'
import { ageTerm, popularity } from '../../serving/sources/trending/popularity.ts'
import type { StateRows } from '../../serving/state-rows.ts'

interface Known {
  readonly post: Post
  readonly item: Int8Array
}

/** Public posts that say something, in the order they were published: what retrieval chooses from. */
export class PublicPosts {
  readonly all: Known[] = []
  private readonly places = new Map<string, number>()

  note(post: Post): void {
    const vector = contentVectorOf(post)
    if (post.action !== 'published' || post.audience !== 'public' || vector === null) return
    const item = new Int8Array(ITEM_BYTES)
    packItem(vector, post, item, 0)
    this.places.set(post.postId, this.all.length)
    this.all.push({ post, item })
  }

  /** −1 for a post that is not known. */
  placeOf(postId: string): number {
    return this.places.get(postId) ?? -1
  }

  itemAt(place: number): Int8Array {
    return this.all[place]!.item
  }

  /** By place, the posts' vectors by given towers. */
  vectors(towers: Float32Array): Float32Array {
    const vectors = new Float32Array(this.all.length * ITEM_DIMENSIONS)
    const row = new Float32Array(TOWER_INPUTS)
    for (const [place, { item }] of this.all.entries()) {
      readItem(item, 0, row, 0)
      towerVector(
        towers,
        'item',
        row,
        vectors.subarray(place * ITEM_DIMENSIONS, (place + 1) * ITEM_DIMENSIONS),
      )
    }
    return vectors
  }

  /** By place, how posts trend at a time: as the source of trending has it. */
  async popularities(rows: StateRows, asOf: Millis): Promise<Float64Array> {
    const found = await rows.readMany(
      'post',
      this.all.map(({ post }) => keyOf(post.postId)),
    )
    const values = new Float32Array(postView.columns.length)
    return Float64Array.from(this.all, ({ post }, place) => {
      const row = found[place] ?? Buffer.alloc(1)
      postView.read(row, 1, row.length, asOf, values, 0)
      return popularity(values, 0) + ageTerm(asOf - post.at)
    })
  }
}
