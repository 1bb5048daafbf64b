import type { Redis } from 'ioredis'
import { EngineError } from '../../engine/errors.ts'
import { partitionOf } from '../../engine/hash.ts'
import type { ViewRows } from '../view.ts'
import { fillFromRows, type FillTarget } from './fill.ts'
import type { KeyList } from './key-list.ts'
import type {
  FeatureChanges,
  FeatureRows,
  FeatureStore,
  FollowedPosition,
  PlacedKey,
  PlacedReader,
  RowReader,
  StorePlace,
} from './port.ts'
import { applyCommand, ApplyWriter, asBuffer, type Lives, type ScriptCall } from './redis/apply-command.ts'
import { clearStore } from './redis/clear.ts'
import { connectRedis, unavailable, type RedisClient, type RedisConnection } from './redis/client.ts'
import { REDIS_DEFAULTS, type RedisStoreOptions } from './redis/options.ts'
import { APPLIED, APPLY, APPLY_SHA } from './redis/script.ts'
import { Standing } from './redis/standing.ts'

const EMPTY = Buffer.alloc(0)
const VERSION_BYTES = 1
const SEPARATOR = Buffer.from(':')

export interface RedisMemory {
  readonly usedBytes: number
  /** Beyond it writes are refused; 0 where there is no limit. */
  readonly bytesMax: number
}

/** Keys of one request that lie in one slot, and so on one node. */
interface Wanted {
  readonly partitions: Set<number>
  readonly keys: Buffer[]
  readonly indices: number[]
}

/**
 * The feature store on Redis, single or Cluster. A row is one string, the engine's bytes as they are, under a
 * key of a few bytes more than the row's own. Rows and position of a store's partition share a hash tag, so
 * they lie in one slot and change in one script; partitions spread over the nodes. Give Redis a memory limit
 * with `noeviction` or a `volatile-` policy: positions have no time to live, so neither drops one.
 */
export class RedisFeatureStore implements FeatureStore, RowReader, PlacedReader {
  private readonly client: RedisClient
  private readonly connection: RedisConnection
  private readonly options: RedisStoreOptions
  private readonly tags = new Map<string, readonly Buffer[]>()
  private readonly applies = new ApplyWriter()
  private readonly standing = new Standing()

  private constructor(connection: RedisConnection, options: RedisStoreOptions) {
    this.client = connection.client
    this.connection = connection
    this.options = options
  }

  /** Throws `CLIENT_MISSING`, or `FEATURES_UNAVAILABLE` when no node answers. */
  static async open(options: RedisStoreOptions): Promise<RedisFeatureStore> {
    return new RedisFeatureStore(await connectRedis(options), options)
  }

  /**
   * As `open`, of a Redis that may be away: `away` hears of it, and until nodes answer, everything throws
   * `FEATURES_UNAVAILABLE`.
   */
  static async openEvenAway(
    options: RedisStoreOptions,
    away: (error: EngineError) => void,
  ): Promise<RedisFeatureStore> {
    return new RedisFeatureStore(await connectRedis(options, away), options)
  }

  /** Commands go out together, one a slot, without waiting for each other: one round trip a node. */
  async readMany(view: ViewRows, keys: readonly Uint8Array[]): Promise<FeatureRows> {
    const buffers: Buffer[] = Array.from({ length: keys.length }, () => EMPTY)
    const starts = new Uint32Array(keys.length)
    const ends = new Uint32Array(keys.length)
    await this.attempt(
      this.wanted(view.name, keys).map(async ({ keys: wanted, indices }) => {
        const rows = await this.client.mgetBuffer(wanted)
        for (const [at, index] of indices.entries()) {
          const row = rows[at]
          if (row === null || row === undefined || row[0] !== view.version) continue
          buffers[index] = row
          starts[index] = VERSION_BYTES
          ends[index] = row.length
        }
      }),
    )
    return { buffers, starts, ends }
  }

  async readRows(store: string, keys: readonly Uint8Array[]): Promise<readonly (Buffer | null)[]> {
    const found: (Buffer | null)[] = Array.from({ length: keys.length }, () => null)
    const sequences = new Map<number, number>()
    await this.attempt(
      this.wanted(store, keys).map(async ({ partitions, keys: wanted, indices }) => {
        const tags = [...partitions].map((partition) => this.tag(store, partition))
        // One command, and so as of one moment: rows, and how far they stand.
        const values = await this.client.mgetBuffer([...tags, ...wanted])
        for (const [at, partition] of [...partitions].entries()) {
          sequences.set(partition, positionOf(values[at]?.toString()).sequence)
        }
        for (const [at, index] of indices.entries()) found[index] = values[tags.length + at] ?? null
      }),
    )
    for (const [partition, sequence] of sequences) this.standing.assertKept(store, partition, sequence)
    return found
  }

  takeAsItStands(): void {
    this.standing.forget()
  }

  async readRow(store: string, partition: number, key: Uint8Array): Promise<Buffer | null> {
    const [row] = await this.readPlaced([{ store, partition, key }])
    return row!
  }

  readPlaced(keys: readonly PlacedKey[]): Promise<readonly (Buffer | null)[]> {
    return this.valuesOf(keys.map(({ store, partition, key }) => rowKey(this.tag(store, partition), key)))
  }

  async clear(store: string, partition: number): Promise<void> {
    await clearStore({
      tag: this.tag(store, partition),
      nodes: this.masters(),
      evaluate: async (script, keys, args) => {
        const [answer] = await this.attempt([
          this.client.call('eval', [script, keys.length, ...keys, ...args]),
        ])
        return typeof answer === 'string' || typeof answer === 'number' ? String(answer) : null
      },
      attempt: async (command) => (await this.attempt([command]))[0],
    })
  }

  fill(view: ViewRows, keys: KeyList, asOf: number, target: FillTarget): Promise<void> {
    return fillFromRows((of, wanted) => this.readMany(of, wanted), view, keys, asOf, target)
  }

  async position(store: string, partition: number): Promise<FollowedPosition> {
    const [position] = await this.positions([{ store, partition }])
    return position!
  }

  async positions(places: readonly StorePlace[]): Promise<readonly FollowedPosition[]> {
    const values = await this.valuesOf(places.map(({ store, partition }) => this.tag(store, partition)))
    const positions = values.map((value) => positionOf(value?.toString()))
    for (const [at, { store, partition }] of places.entries()) {
      this.standing.note(store, partition, positions[at]!.sequence)
    }
    return positions
  }

  async apply(changes: FeatureChanges): Promise<void> {
    const { store, partition, previous } = changes
    const [applied] = await this.attempt([this.run(changes)])
    if (applied === APPLIED.clearing) throw unavailable(`${store} of partition ${partition} is being cleared`)
    if (applied !== APPLIED.lost) return
    const detail = `${store} of partition ${partition} does not stand at ${previous} any more`
    throw new EngineError('FEATURES_LOST', detail)
  }

  /** Of all nodes together, with what others keep there. Throws `FEATURES_UNAVAILABLE`. */
  async memory(): Promise<RedisMemory> {
    const told = await this.attempt(this.masters().map((node) => node.info('memory')))
    const sum = (figure: RegExp): number =>
      told.reduce((bytes, text) => bytes + Number(figure.exec(text)?.[1] ?? 0), 0)
    return { usedBytes: sum(/^used_memory:(\d+)/m), bytesMax: sum(/^maxmemory:(\d+)/m) }
  }

  async close(): Promise<void> {
    this.client.disconnect()
  }

  /** Each of a slot of its own, where there are slots. */
  private async valuesOf(keys: readonly Buffer[]): Promise<readonly (Buffer | null)[]> {
    if (keys.length === 0) return []
    if (this.options.mode === 'cluster') return this.attempt(keys.map((key) => this.client.getBuffer(key)))
    const [values] = await this.attempt([this.client.mgetBuffer([...keys])])
    return values
  }

  private masters(): readonly Redis[] {
    return 'nodes' in this.client ? this.client.nodes('master') : [this.client]
  }

  /** Redis forgets scripts when it restarts. */
  private async run(changes: FeatureChanges): Promise<unknown> {
    try {
      return await this.send(['evalsha', APPLY_SHA], changes)
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return this.send(['eval', APPLY], changes)
    }
  }

  private async send(call: ScriptCall, changes: FeatureChanges): Promise<unknown> {
    const tag = this.tag(changes.store, changes.partition)
    const bytes = this.applies.write(call, tag, changes, this.livesOf(changes))
    return this.client.sendCommand(applyCommand(this.connection.Command, call, tag, bytes))
  }

  private livesOf({ store, rows }: FeatureChanges): Lives {
    const { timeToLiveMs, isLasting } = this.options
    const liveMs = timeToLiveMs(store) ?? 0
    const lasting: number[] = []
    if (liveMs === 0 || isLasting === undefined) return { liveMs, lasting }
    for (const [index, [, row]] of rows.entries()) {
      if (row !== null && isLasting(store, asBuffer(row))) lasting.push(index)
    }
    return { liveMs, lasting }
  }

  /** Grouped by slot where there are slots; else all keys are one command. */
  private wanted(store: string, keys: readonly Uint8Array[]): Wanted[] {
    const { mode, partitions } = this.options
    const groups = new Map<number, Wanted>()
    for (const [index, key] of keys.entries()) {
      const partition = partitionOf(key, 0, key.length, partitions)
      const group = mode === 'single' ? 0 : partition
      let wanted = groups.get(group)
      if (wanted === undefined) {
        wanted = { partitions: new Set(), keys: [], indices: [] }
        groups.set(group, wanted)
      }
      wanted.partitions.add(partition)
      wanted.keys.push(rowKey(this.tag(store, partition), key))
      wanted.indices.push(index)
    }
    return [...groups.values()]
  }

  /** The key of a position, which begins the keys of its rows. */
  private tag(store: string, partition: number): Buffer {
    let tags = this.tags.get(store)
    if (tags === undefined) {
      const { prefix = REDIS_DEFAULTS.prefix, partitions } = this.options
      tags = Array.from({ length: partitions }, (_, each) => Buffer.from(`${prefix}{${store}.${each}}`))
      this.tags.set(store, tags)
    }
    const tag = tags[partition]
    if (tag === undefined) throw new RangeError(`${store} has no partition ${partition}`)
    return tag
  }

  private async attempt<Answers extends readonly Promise<unknown>[]>(
    commands: readonly [...Answers],
  ): Promise<{ [Index in keyof Answers]: Awaited<Answers[Index]> }> {
    try {
      return await Promise.all(commands)
    } catch (error) {
      throw unavailable(error)
    }
  }
}

const positionOf = (value: string | undefined): FollowedPosition => {
  if (value?.startsWith('clearing')) return { sequence: 0, newest: -1, isClearing: true }
  const [sequence = 0, newest = -1] = value?.split(' ').map(Number) ?? []
  return { sequence, newest }
}

const rowKey = (tag: Buffer, key: Uint8Array): Buffer => Buffer.concat([tag, SEPARATOR, key])
