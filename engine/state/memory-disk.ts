import type { RowChange } from './rows.ts'
import type { ScanOptions, StateRow } from './port.ts'

/** Keys as Latin-1 text: one character a byte, so text order is byte order. */
const nameOf = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')

class MemoryStore {
  readonly rows = new Map<string, Buffer>()
  /** Sorted names, made when a scan needs them and dropped when a key comes or goes. */
  private sorted: string[] | undefined

  set(name: string, value: Buffer): void {
    if (!this.rows.has(name)) this.sorted = undefined
    this.rows.set(name, value)
  }

  remove(name: string): void {
    if (this.rows.delete(name)) this.sorted = undefined
  }

  /** Index of the first name that is not less than `name`. */
  seek(name: string): number {
    const names = this.names()
    let low = 0
    let high = names.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (names[middle]! < name) low = middle + 1
      else high = middle
    }
    return low
  }

  names(): readonly string[] {
    this.sorted ??= [...this.rows.keys()].sort((one, other) => (one < other ? -1 : 1))
    return this.sorted
  }
}

/** One task's rows. */
export class MemoryTask {
  sequence = 0
  private readonly stores = new Map<number, MemoryStore>()

  get(store: number, key: Uint8Array): Buffer | undefined {
    const value = this.stores.get(store)?.rows.get(nameOf(key))
    return value === undefined ? undefined : Buffer.from(value)
  }

  apply({ store: number, key, value }: RowChange): void {
    let store = this.stores.get(number)
    if (store === undefined) {
      store = new MemoryStore()
      this.stores.set(number, store)
    }
    if (value === undefined) store.remove(nameOf(key))
    else store.set(nameOf(key), value)
  }

  scan(number: number, options: ScanOptions): StateRow[] {
    const store = this.stores.get(number)
    if (store === undefined) return []
    const prefix = nameOf(options.prefix ?? EMPTY)
    const after = options.after === undefined ? '' : `${nameOf(options.after)}\0`
    const names = store.names()
    const found: StateRow[] = []
    for (let at = store.seek(after > prefix ? after : prefix); at < names.length; at++) {
      const name = names[at]!
      if (found.length >= options.limit || !name.startsWith(prefix)) break
      found.push({ key: Buffer.from(name, 'latin1'), value: Buffer.from(store.rows.get(name)!) })
    }
    return found
  }
}

const EMPTY = new Uint8Array(0)

/** What outlives a process: the rows of every task of one worker. */
export class MemoryDisk {
  private readonly tasks = new Map<string, MemoryTask>()

  stored(): Map<string, number> {
    const written = [...this.tasks].filter(([, { sequence }]) => sequence > 0)
    return new Map(written.map(([id, { sequence }]) => [id, sequence]))
  }

  drop(id: string): void {
    this.tasks.delete(id)
  }

  task(id: string): MemoryTask {
    let task = this.tasks.get(id)
    if (task === undefined) {
      task = new MemoryTask()
      this.tasks.set(id, task)
    }
    return task
  }
}
