import type { API } from '@platformatic/kafka'
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from '../../errors.ts'
import { Connections, type Address } from './connections.ts'
import { asEngineError, BrokerError, CONCURRENT_TRANSACTIONS, hasMoved, mayPass } from './failures.ts'
import type { KafkaLibrary } from './library.ts'
import { metadataApi } from './metadata.ts'
import { PlaceMap, type Place } from './names.ts'
import type { KafkaLogOptions } from './options.ts'

/** How long to go on asking: long enough for a broker to be found dead and its partitions led by another. */
const ATTEMPTS_MAX = 300
const RETRY_MS = 100
/** A transaction's markers are written in a moment, or, on busy brokers, in a while: it doubles up to `RETRY_MS`. */
export const MARKERS_MS = 5
/** Over a second: a leader may have been found dead meanwhile. */
const MARKERS_ATTEMPTS_CALM = 15
/** Kafka's number for a coordinator of transactions. */
const TRANSACTION_COORDINATOR = 1

/** Lane of short requests. */
export const COMMON_LANE = 'common'

/** The brokers: who leads which partition, and how to ask them. */
export class Cluster {
  readonly library: KafkaLibrary
  private readonly connections: Connections
  private readonly seeds: readonly Address[]
  private brokers = new Map<number, Address>()
  private leaders = new PlaceMap<number>()
  private partitionCounts = new Map<string, number>()
  private refreshing: Promise<void> | undefined
  private longWaits = 0
  private closed = false

  constructor(library: KafkaLibrary, options: KafkaLogOptions) {
    this.library = library
    this.connections = new Connections(library, options)
    this.seeds = options.brokers.map(addressOf)
  }

  /** Partitions of a topic, by its name on the brokers. */
  partitions(topic: string): number | undefined {
    return this.partitionCounts.get(topic)
  }

  /** Grows when a broker may have died, or leads something no more. One that has been gone for long counts once. */
  get disturbances(): number {
    return this.connections.disturbances + this.longWaits
  }

  topics(): IterableIterator<string> {
    return this.partitionCounts.keys()
  }

  leader(topic: string, partition: number): number | undefined {
    return this.leaders.get(topic, partition)
  }

  /** Asks who is there and who leads what; a call while another is under way shares its answer. */
  async refresh(): Promise<void> {
    this.refreshing ??= this.askMetadata().finally(() => {
      this.refreshing = undefined
    })
    await this.refreshing
  }

  /** Asks one broker, once. */
  ask<Args extends unknown[], Answer>(
    broker: number,
    lane: string,
    api: API<Args, Answer>,
    ...args: Args
  ): Promise<Answer> {
    const address = this.brokers.get(broker)
    if (address === undefined) throw new BrokerError('BROKER_NOT_AVAILABLE', `broker ${broker} is not known`)
    return this.connections.request(address, lane, api, ...args)
  }

  /** Asks any broker, once. */
  async askAny<Args extends unknown[], Answer>(api: API<Args, Answer>, ...args: Args): Promise<Answer> {
    let failure: unknown
    for (const address of [...this.brokers.values(), ...this.seeds]) {
      try {
        return await this.connections.request(address, COMMON_LANE, api, ...args)
      } catch (error) {
        if (!(error instanceof BrokerError) || !hasMoved(error)) throw error
        failure = error
      }
    }
    throw failure
  }

  /**
   * Tries again while the brokers say that it may pass, looking for leaders anew where they have moved. Throws
   * an `EngineError`.
   */
  async persist<Answer>(attempt: () => Promise<Answer>): Promise<Answer> {
    for (let attempts = 1; ; attempts++) {
      try {
        return await attempt()
      } catch (error) {
        const isPassing = error instanceof BrokerError && mayPass(error)
        if (!isPassing || attempts === ATTEMPTS_MAX || this.closed) throw asEngineError(error)
        const areMarkers = error.code === CONCURRENT_TRANSACTIONS
        if (areMarkers && attempts === MARKERS_ATTEMPTS_CALM) this.longWaits++
        await sleep(areMarkers ? Math.min(MARKERS_MS * 2 ** (attempts - 1), RETRY_MS) : RETRY_MS)
        if (hasMoved(error)) await this.refresh().catch(() => undefined)
      }
    }
  }

  /** Asks each leader about those of the places that it leads, once. */
  async askLeaders<Answer>(
    places: readonly Place[],
    ask: (leader: number, led: readonly Place[]) => Promise<readonly Answer[]>,
  ): Promise<Answer[]> {
    const byLeader = Map.groupBy(places, ({ topic, partition }) => this.leader(topic, partition))
    const answers = await Promise.all(
      [...byLeader].map(async ([leader, led]) => {
        if (leader === undefined) throw new BrokerError('LEADER_NOT_AVAILABLE', led[0]!.topic)
        return ask(leader, led)
      }),
    )
    return answers.flat()
  }

  /** The broker that keeps a transactional id's state; asks each time. */
  async coordinator(transactionalId: string): Promise<number> {
    const { findCoordinatorV4 } = this.library
    const { coordinators } = await this.askAny(findCoordinatorV4.api, TRANSACTION_COORDINATOR, [
      transactionalId,
    ])
    const [found] = coordinators
    if (found === undefined) throw new BrokerError('COORDINATOR_NOT_AVAILABLE', transactionalId)
    this.check(found.errorCode, `coordinator of ${transactionalId}`)
    this.brokers.set(found.nodeId, { host: found.host, port: found.port })
    return found.nodeId
  }

  /** Throws the error that a number of the protocol stands for; 0 stands for none. */
  check(errorCode: number, about: string): void {
    if (errorCode === 0) return
    const codes: Readonly<Record<number, string>> = this.library.protocolErrorsCodesById
    throw new BrokerError(codes[errorCode] ?? `UNKNOWN_ERROR_${errorCode}`, about)
  }

  async close(): Promise<void> {
    this.closed = true
    await this.connections.close()
  }

  private async askMetadata(): Promise<void> {
    const { brokers, topics } = await this.askAny(metadataApi(this.library), null)
    this.brokers = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    this.leaders = new PlaceMap()
    this.partitionCounts = new Map()
    for (const { name, partitions } of topics) {
      if (typeof name !== 'string') continue
      this.partitionCounts.set(name, partitions.length)
      for (const { partitionIndex, leaderId, errorCode } of partitions) {
        if (errorCode === 0 && leaderId >= 0) this.leaders.set(name, partitionIndex, leaderId)
      }
    }
  }
}

const addressOf = (text: string): Address => {
  const colon = text.lastIndexOf(':')
  const host = text.slice(0, Math.max(0, colon)).replace(/^\[(.*)\]$/, '$1')
  const port = Number(text.slice(colon + 1))
  if (host === '' || !Number.isInteger(port) || port < 1) {
    throw new EngineError('LOG_REFUSED', `broker ${JSON.stringify(text)}: give it as host:port`)
  }
  return { host, port }
}
