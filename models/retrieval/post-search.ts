import { AdaptiveIndex } from './adaptive-index.ts'
import { ITEM_BYTES, readItem, readViewer, TOWER_INPUTS, type ViewerSide } from './tower-inputs.ts'
import { TOWERS_SIZE, towerVector } from './towers.ts'
import { ITEM_DIMENSIONS, type Matches, quantiseInto } from './vector-index.ts'

/** Posts whose vectors are made anew at a time after new towers came: some 5 ms, */
const RENEWED_AT_ONCE = 256
/** unless so many of them had to be put into a graph: some 10 ms. */
const PUT_AT_ONCE = 16
const SLOTS_FIRST = 1_024

/**
 * Posts as the towers see them, and the search through them. A post's vector is made once, when the post comes, and
 * again when it or the towers change; what the towers read of it is kept for that. One call at a time.
 */
export class PostSearch {
  private readonly index: AdaptiveIndex
  private towers: Float32Array
  /** `ITEM_BYTES` a slot. */
  private items = new Int8Array(SLOTS_FIRST * ITEM_BYTES)
  private held = new Uint8Array(SLOTS_FIRST)
  /** Slots below it have vectors of the towers in use. */
  private renewed = Infinity
  private readonly row = new Float32Array(TOWER_INPUTS)
  private readonly vector = new Float32Array(ITEM_DIMENSIONS)

  private constructor(index: AdaptiveIndex, towers: Float32Array) {
    this.index = index
    this.towers = towers
  }

  static async create(towers: Float32Array, graphFrom?: number): Promise<PostSearch> {
    return new PostSearch(await AdaptiveIndex.create(graphFrom), checked(towers))
  }

  get size(): number {
    return this.index.size
  }

  get kind(): 'exact' | 'graph' {
    return this.index.kind
  }

  /** `ITEM_BYTES` a slot, as `packItem` writes them; what lies in a slot already is replaced. */
  put(slots: Uint32Array, items: Int8Array): void {
    const changed: number[] = []
    for (const [index, slot] of slots.entries()) {
      this.makeRoom(slot)
      const item = items.subarray(index * ITEM_BYTES, (index + 1) * ITEM_BYTES)
      if (this.held[slot] === 1 && isSame(item, this.itemAt(slot))) continue
      this.items.set(item, slot * ITEM_BYTES)
      this.held[slot] = 1
      changed.push(slot)
    }
    this.index.put(Uint32Array.from(changed), this.vectorsOf(changed))
  }

  remove(slots: Uint32Array): void {
    for (const slot of slots) this.held[slot] = 0
    this.index.remove(slots)
  }

  /** At most `count` posts, nearest first; none for a viewer of whom nothing is known. */
  async search(viewer: ViewerSide, count: number): Promise<Matches> {
    readViewer(viewer, this.row, 0)
    towerVector(this.towers, 'viewer', this.row, this.vector)
    const vector = new Int8Array(ITEM_DIMENSIONS)
    quantiseInto(this.vector, vector, 0)
    return this.index.search(vector, count)
  }

  /** Searches by other towers from now on; vectors of posts follow, behind searches. Throws a RangeError. */
  swap(towers: Float32Array): void {
    this.towers = checked(towers)
    this.renewed = 0
  }

  /** Does a part of what is to be done behind searches; answers whether more is left. */
  async tend(): Promise<boolean> {
    if (this.renewed !== Infinity) {
      this.renewSome()
      return true
    }
    return this.index.tend()
  }

  /** Does all that is to be done behind searches: minutes, after many posts came at once. */
  async settle(): Promise<void> {
    while (await this.tend());
  }

  async dispose(): Promise<void> {
    await this.index.dispose()
  }

  private renewSome(): void {
    for (let left = RENEWED_AT_ONCE, put = 0; left > 0 && put < PUT_AT_ONCE; left -= PUT_AT_ONCE) {
      const slots = this.heldFrom(this.renewed, PUT_AT_ONCE)
      if (slots.length === 0) {
        this.renewed = Infinity
        return
      }
      this.renewed = slots.at(-1)! + 1
      put += this.index.renew(Uint32Array.from(slots), this.vectorsOf(slots))
    }
  }

  /** At most `count` slots that hold a post, from one on. */
  private heldFrom(first: number, count: number): number[] {
    const slots: number[] = []
    for (let slot = first; slot < this.held.length && slots.length < count; slot++)
      if (this.held[slot] === 1) slots.push(slot)
    return slots
  }

  /** Made anew by the towers in use. */
  private vectorsOf(slots: readonly number[]): Int8Array {
    const vectors = new Int8Array(slots.length * ITEM_DIMENSIONS)
    for (const [index, slot] of slots.entries()) {
      readItem(this.items, slot * ITEM_BYTES, this.row, 0)
      towerVector(this.towers, 'item', this.row, this.vector)
      quantiseInto(this.vector, vectors, index * ITEM_DIMENSIONS)
    }
    return vectors
  }

  private itemAt(slot: number): Int8Array {
    return this.items.subarray(slot * ITEM_BYTES, (slot + 1) * ITEM_BYTES)
  }

  private makeRoom(slot: number): void {
    if (slot < this.held.length) return
    const slots = Math.max(slot + 1, this.held.length * 2)
    const [items, held] = [new Int8Array(slots * ITEM_BYTES), new Uint8Array(slots)]
    items.set(this.items)
    held.set(this.held)
    this.items = items
    this.held = held
  }
}

const isSame = (one: Int8Array, other: Int8Array): boolean =>
  one.every((byte, index) => byte === other[index])

const checked = (towers: Float32Array): Float32Array => {
  if (towers.length === TOWERS_SIZE && towers.every(Number.isFinite)) return towers
  throw new RangeError(`towers of ${towers.length} numbers, ${TOWERS_SIZE} finite ones are needed`)
}
