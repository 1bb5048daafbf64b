import { dataOf } from '../../engine/bytes.ts'
import { MemoryState } from '../../engine/state/memory.ts'
import { Store } from '../../engine/state/store.ts'
import { inputsOf, isProcessor, type Node } from '../../engine/topology.ts'
import type { Topic } from '../../engine/topic.ts'
import type { Mapper, Processor } from '../../engine/processor.ts'
import { StateRows, type StoreSource, TaskRows } from '../../serving/state-rows.ts'
import type { Progress } from '../../serving/visibility/pending-restrictions.ts'
import { everything } from '../../topologies/index.ts'
import { Harness } from '../processors/harness.ts'

interface Line {
  readonly topic: Topic<unknown>
  readonly values: unknown[]
  processed: number
}

interface Run {
  readonly node: Node
  readonly harness: Harness<unknown>
}

/** Chooses one of `count` things. */
export type Pick = (count: number) => number

const inOrder: Pick = () => 0

const GONE = Buffer.alloc(0)

/** Nothing is ever written to it: stores hold all their rows in memory. */
const disk = await new MemoryState().open('served')

/** A row that ends before it begins is none. */
const restore = (store: Store, name: string, row: Buffer, start: number, end: number): void => {
  const key = Buffer.from(name)
  store.restore(key, 0, key.length, dataOf(row), start, end)
}

/**
 * Processors over a log of one partition, and their rows in real stores: what serving reads. A record counts as
 * processed, and its effects as committed, one by one; which topic is next is up to whoever asks.
 */
export class ServedState implements StoreSource, Progress {
  readonly rows = new StateRows(new TaskRows(this, 1))
  /** Called whenever somebody is about to read a store. */
  onRead: (name: string) => void = () => undefined
  /** Called when the rows are fixed that somebody is about to get. */
  afterRead: () => void = () => undefined
  private lost = 0
  private readonly runs: readonly Run[]
  /** Those that read a topic, by its name. */
  private readonly readers = new Map<string, readonly Run[]>()
  private readonly lines = new Map<string, Line>()
  private readonly held: Map<string, Store>
  /** By store: its rows as they were last filled in. */
  private readonly filledRows = new Map<string, Map<string, Buffer>>()

  /** Stores may be shared, so that those of many small states are made once. */
  constructor(nodes: readonly Node[] = everything.nodes, held = new Map<string, Store>()) {
    this.held = held
    this.runs = nodes.map((node) => ({
      node,
      harness: new Harness(node as Processor<unknown> | Mapper<never>),
    }))
  }

  /** Takes values in, and processes nothing. */
  accept<Value>(topic: Topic<Value>, ...values: readonly Value[]): void {
    this.line(topic).values.push(...values)
  }

  /** Takes values in and processes everything that follows. */
  publish<Value>(topic: Topic<Value>, ...values: readonly Value[]): void {
    this.accept(topic, ...values)
    this.settle()
  }

  /** Processes one record; false when none waits. */
  step(pick: Pick = inOrder): boolean {
    const waiting = [...this.lines.values()].filter(({ values, processed }) => processed < values.length)
    if (waiting.length === 0) return false
    const line = waiting[pick(waiting.length)]!
    const { topic } = line
    const value = line.values[line.processed]
    for (const { harness } of this.readersOf(topic)) {
      for (const sent of harness.apply(topic, value)) this.line(sent.topic).values.push(sent.value)
    }
    line.processed++
    return true
  }

  private readersOf({ name }: Topic<unknown>): readonly Run[] {
    const known = this.readers.get(name)
    if (known !== undefined) return known
    const readers = this.runs.filter(({ node }) => inputsOf(node).some((input) => input.name === name))
    this.readers.set(name, readers)
    return readers
  }

  settle(): void {
    while (this.step());
  }

  partitions(): number {
    return 1
  }

  endOffset(topic: string): number {
    return this.lines.get(topic)?.values.length ?? 0
  }

  committedOffset(topic: string): number {
    return this.lines.get(topic)?.processed ?? 0
  }

  losses(): number {
    return this.lost
  }

  /** Rows know nothing any more: everything is processed from the beginning, with what it led to. */
  lose(): void {
    this.lost++
    for (const line of this.lines.values()) line.processed = 0
  }

  async stores(name: string): Promise<Store[] | undefined> {
    return this.openStores(name)
  }

  openStores(name: string): Store[] {
    this.onRead(name)
    const run = this.runs.find(({ node }) => node.name === name && isProcessor(node))
    const store = this.filled(this.heldStore(name), run?.harness.rows ?? new Map<string, Buffer>())
    this.afterRead()
    return [store]
  }

  private heldStore(name: string): Store {
    const known = this.held.get(name)
    if (known !== undefined) return known
    const made = new Store(name, 1, disk)
    this.held.set(name, made)
    return made
  }

  /** As the harness has it now: rows that are gone from it are gone from the store. A changed row is another buffer. */
  private filled(store: Store, rows: ReadonlyMap<string, Buffer>): Store {
    const before = this.filledRows.get(store.name) ?? new Map<string, Buffer>()
    this.filledRows.set(store.name, before)
    for (const name of before.keys()) {
      if (rows.has(name)) continue
      restore(store, name, GONE, 1, 0)
      before.delete(name)
    }
    for (const [name, row] of rows) {
      if (before.get(name) === row) continue
      restore(store, name, row, 0, row.length)
      before.set(name, row)
    }
    return store
  }

  private line<Value>(topic: Topic<Value>): Line {
    const known = this.lines.get(topic.name)
    if (known !== undefined) return known
    const made: Line = { topic, values: [], processed: 0 }
    this.lines.set(topic.name, made)
    return made
  }
}
