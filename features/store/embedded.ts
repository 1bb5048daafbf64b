import type { Store } from '../../engine/state/store.ts'
import type { ViewRows } from '../view.ts'
import type { FillTarget } from './fill.ts'
import type { KeyList } from './key-list.ts'
import type { FeaturePosition, FeatureReader, FeatureRows } from './port.ts'
import { visitRows } from './visit.ts'

/** Where tasks of this process keep their rows: a worker, as this store needs it. */
export interface RowSource {
  /** The store that holds a key, if this process runs its task. */
  storeOf(store: string, key: Uint8Array): Promise<Store | undefined>
  /** The stores of a name as they are now, one a partition; undefined where this process has none. */
  openStores(store: string): readonly (Store | undefined)[]
  /** How far the task of a store's partition is; undefined where another process runs it. */
  positionOf(store: string, partition: number): FeaturePosition | undefined
}

const EMPTY = Buffer.alloc(0)
const VERSION_BYTES = 1

/**
 * The feature store of one process: it reads the very rows that the tasks keep, so a feature is as fresh as
 * the last batch, and nothing is written twice. A row and its position become durable in the same commit,
 * for they are the task's own. Rows may be up to one commit ahead of what is durable; every event behind
 * them is durable already, and a crash brings the same rows back.
 */
export class EmbeddedFeatureStore implements FeatureReader {
  private readonly source: RowSource

  constructor(source: RowSource) {
    this.source = source
  }

  async readMany(view: ViewRows, keys: readonly Uint8Array[]): Promise<FeatureRows> {
    const buffers: Buffer[] = Array.from({ length: keys.length }, () => EMPTY)
    const starts = new Uint32Array(keys.length)
    const ends = new Uint32Array(keys.length)
    for (const [store, indices] of await this.byStore(view.name, keys)) {
      const rows = await store.readMany(indices.map((index) => keys[index]!))
      for (const [at, index] of indices.entries()) {
        const row = rows[at]
        if (row === undefined || row[0] !== view.version) continue
        buffers[index] = row
        starts[index] = VERSION_BYTES
        ends[index] = row.length
      }
    }
    return { buffers, starts, ends }
  }

  /** Reads rows in memory where they lie, and the others in one read of each partition's disk. */
  fill(view: ViewRows, keys: KeyList, asOf: number, target: FillTarget): Promise<void> | undefined {
    const { into, offset, stride } = target
    return visitRows(this.source.openStores(view.name), keys, (key, buffer, start, end) => {
      const known = start < end && buffer[start] === view.version
      view.read(buffer, known ? start + VERSION_BYTES : end, end, asOf, into, offset + key * stride)
    })
  }

  async position(store: string, partition: number): Promise<FeaturePosition> {
    return this.source.positionOf(store, partition) ?? { sequence: 0, newest: -1 }
  }

  /** Indices of the keys that each partition's store holds; keys of other processes are left out. */
  private async byStore(name: string, keys: readonly Uint8Array[]): Promise<Map<Store, number[]>> {
    const byStore = new Map<Store, number[]>()
    for (const [index, key] of keys.entries()) {
      const store = await this.source.storeOf(name, key)
      if (store === undefined) continue
      const indices = byStore.get(store)
      if (indices === undefined) byStore.set(store, [index])
      else indices.push(index)
    }
    return byStore
  }
}
