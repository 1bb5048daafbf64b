import { EngineError } from '../engine/errors.ts'
import { partitionOf } from '../engine/hash.ts'
import type { Store } from '../engine/state/store.ts'
import { KeyList } from '../features/store/key-list.ts'
import { type RowVisitor, visitRows } from '../features/store/visit.ts'

/** Where rows of stores are read from. */
export interface RowSource {
  /** One row a key, in the order asked; undefined where there is none. */
  readMany(name: string, keys: readonly Uint8Array[]): Promise<(Buffer | undefined)[]>
  /** Shows the row of every key where it lies; at once, answering undefined, when all are in memory. See `visitRows`. */
  visit(name: string, keys: KeyList, visit: RowVisitor): Promise<void> | undefined
}

/** Where tasks of this process keep their rows: a worker, as readers need it. */
export interface StoreSource {
  /** One store a partition, in their order. */
  stores(name: string): Promise<Store[] | undefined>
  /** The same as they are now, undefined where there is none. Throws for a name that no processor has. */
  openStores(name: string): readonly (Store | undefined)[]
}

/** Rows of a process that runs every task: one read a store and partition for all keys. */
export class TaskRows implements RowSource {
  private readonly source: StoreSource
  private readonly partitions: number

  constructor(source: StoreSource, partitions: number) {
    this.source = source
    this.partitions = partitions
  }

  async readMany(name: string, keys: readonly Uint8Array[]): Promise<(Buffer | undefined)[]> {
    if (keys.length === 0) return []
    const stores = await this.source.stores(name)
    if (stores === undefined) throw new EngineError('TOPOLOGY_INVALID', `there is no store "${name}"`)
    if (stores.length < this.partitions) {
      throw new EngineError('LOG_UNAVAILABLE', `store "${name}" is being restored; ask again`)
    }
    if (this.partitions === 1) return stores[0]!.readMany(keys)
    return this.readPartitions(stores, keys)
  }

  visit(name: string, keys: KeyList, visit: RowVisitor): Promise<void> | undefined {
    return visitRows(this.source.openStores(name), keys, visit)
  }

  private async readPartitions(
    stores: readonly Store[],
    keys: readonly Uint8Array[],
  ): Promise<(Buffer | undefined)[]> {
    const rows: (Buffer | undefined)[] = Array.from({ length: keys.length })
    const byPartition = stores.map((): number[] => [])
    for (const [index, key] of keys.entries()) {
      byPartition[partitionOf(key, 0, key.length, this.partitions)]!.push(index)
    }
    await Promise.all(
      byPartition.map(async (indices, partition) => {
        const found = await stores[partition]!.readMany(indices.map((index) => keys[index]!))
        for (const [at, index] of indices.entries()) rows[index] = found[at]
      }),
    )
    return rows
  }
}

/** Reads stored rows. */
export class StateRows {
  private readonly source: RowSource
  /** Key lists that no read is using. */
  private readonly lists: KeyList[] = []

  constructor(source: RowSource) {
    this.source = source
  }

  /** One row a key, in the order asked; undefined where there is none. */
  readMany(name: string, keys: readonly Uint8Array[]): Promise<(Buffer | undefined)[]> {
    return this.source.readMany(name, keys)
  }

  /** Shows the row of every key where it lies, at once when all are in memory; see `visitRows`. */
  visit(name: string, keys: KeyList, visit: RowVisitor): Promise<void> | undefined {
    return this.source.visit(name, keys, visit)
  }

  /**
   * Shows the row of every item's id where it lies, by the item's index: what is read of many posts is decoded
   * without a copy. Otherwise as `visit`.
   */
  visitIds<Item>(
    name: string,
    items: readonly Item[],
    idOf: (item: Item) => string,
    visit: RowVisitor,
  ): Promise<void> | undefined {
    const keys = (this.lists.pop() ?? new KeyList()).reset()
    for (let index = 0; index < items.length; index++) keys.add(idOf(items[index]!))
    const reading = this.visit(name, keys, visit)
    if (reading !== undefined) return reading.finally(() => this.lists.push(keys))
    this.lists.push(keys)
    return undefined
  }

  async read(name: string, key: Uint8Array): Promise<Buffer | undefined> {
    const [row] = await this.readMany(name, [key])
    return row
  }
}
