import { EngineError } from '../../engine/errors.ts'
import type { KeyList } from '../../features/store/key-list.ts'
import type { RowReader } from '../../features/store/port.ts'
import type { RowVisitor } from '../../features/store/visit.ts'
import type { RowSource } from '../../serving/state-rows.ts'

const EMPTY = Buffer.alloc(0)

/** Rows of stores that workers elsewhere keep, from where they are carried to. */
export class RemoteRows implements RowSource {
  private readonly rows: RowReader
  private readonly isServed: (store: string) => boolean

  constructor(rows: RowReader, isServed: (store: string) => boolean) {
    this.rows = rows
    this.isServed = isServed
  }

  async readMany(name: string, keys: readonly Uint8Array[]): Promise<(Buffer | undefined)[]> {
    if (!this.isServed(name)) throw new EngineError('TOPOLOGY_INVALID', `store "${name}" is not served`)
    if (keys.length === 0) return []
    const rows = await this.rows.readRows(name, keys)
    return rows.map((row) => row ?? undefined)
  }

  async visit(name: string, keys: KeyList, visit: RowVisitor): Promise<void> {
    const wanted = Array.from({ length: keys.count }, (_, key) =>
      keys.buffer.subarray(keys.start(key), keys.end(key)),
    )
    for (const [key, row] of (await this.readMany(name, wanted)).entries()) {
      visit(key, row ?? EMPTY, 0, row?.length ?? 0)
    }
  }
}
