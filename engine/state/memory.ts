import { EngineError } from '../errors.ts'
import type { SimulatedFaults } from '../storage/simulated-faults.ts'
import { MemoryDisk, type MemoryTask } from './memory-disk.ts'
import type { ScanOptions, StateRow, StateStorage, StateWrite, TaskStorage } from './port.ts'
import { checkScan, checkStore, type RowChange } from './rows.ts'

export interface MemoryStateOptions {
  /** What an earlier process left. */
  readonly disk?: MemoryDisk
  readonly faults?: SimulatedFaults
}

/** State in memory, for the test driver: deterministic, and cut wherever a fault hook throws. */
export class MemoryState implements StateStorage {
  readonly disk: MemoryDisk
  private readonly faults: SimulatedFaults
  private closed = false

  constructor(options: MemoryStateOptions = {}) {
    this.disk = options.disk ?? new MemoryDisk()
    this.faults = options.faults ?? {}
  }

  async open(taskId: string): Promise<TaskStorage> {
    this.assertOpen()
    return new MemoryTaskStorage(this.disk.task(taskId), this.faults, () => this.assertOpen())
  }

  async stored(): Promise<ReadonlyMap<string, number>> {
    this.assertOpen()
    return this.disk.stored()
  }

  async drop(taskId: string): Promise<void> {
    this.assertOpen()
    this.disk.drop(taskId)
  }

  async close(): Promise<void> {
    this.closed = true
  }

  private assertOpen(): void {
    if (this.closed) throw new EngineError('CLOSED', 'the state was closed')
  }
}

class MemoryTaskStorage implements TaskStorage {
  private readonly task: MemoryTask
  private readonly faults: SimulatedFaults
  private readonly assertStateOpen: () => void
  private closed = false

  constructor(task: MemoryTask, faults: SimulatedFaults, assertStateOpen: () => void) {
    this.task = task
    this.faults = faults
    this.assertStateOpen = assertStateOpen
  }

  sequence(): number {
    return this.task.sequence
  }

  async getMany(store: number, keys: readonly Uint8Array[]): Promise<readonly (Buffer | undefined)[]> {
    this.assertOpen()
    checkStore(store)
    if (this.faults.delay) await this.faults.delay()
    this.assertOpen()
    return keys.map((key) => this.task.get(store, key))
  }

  async scan(store: number, options: ScanOptions): Promise<readonly StateRow[]> {
    this.assertOpen()
    checkStore(store)
    checkScan(options)
    return this.task.scan(store, options)
  }

  write(): StateWrite {
    this.assertOpen()
    return new MemoryStateWrite(async (changes, sequence) => {
      if (this.faults.delay) await this.faults.delay()
      this.assertOpen()
      this.faults.before?.('state-write')
      const half = changes.length >> 1
      for (const change of changes.slice(0, half)) this.task.apply(change)
      if (half > 0) this.faults.before?.('state-rest')
      for (const change of changes.slice(half)) this.task.apply(change)
      this.task.sequence = sequence
      this.faults.after?.('state-write')
      if (this.faults.delay) await this.faults.delay()
    })
  }

  async close(): Promise<void> {
    this.closed = true
  }

  private assertOpen(): void {
    if (this.closed) throw new EngineError('CLOSED', 'the state of this task was closed')
    this.assertStateOpen()
  }
}

class MemoryStateWrite implements StateWrite {
  private readonly changes: RowChange[] = []
  private readonly done: (changes: readonly RowChange[], sequence: number) => Promise<void>

  constructor(done: (changes: readonly RowChange[], sequence: number) => Promise<void>) {
    this.done = done
  }

  get rows(): number {
    return this.changes.length
  }

  put(store: number, key: Uint8Array, value: Uint8Array): void {
    checkStore(store)
    this.changes.push({ store, key: Buffer.from(key), value: Buffer.from(value) })
  }

  remove(store: number, key: Uint8Array): void {
    checkStore(store)
    this.changes.push({ store, key: Buffer.from(key), value: undefined })
  }

  async commit(sequence: number): Promise<void> {
    await this.done(this.changes, sequence)
  }
}
