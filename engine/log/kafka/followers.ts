import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { StoredFrame } from '../port.ts'
import { COMMON_LANE, type Cluster } from './cluster.ts'
import { BrokerError, mayPass } from './failures.ts'
import { fetchFrom, type Fetched } from './fetch.ts'
import { Follower, nothingBefore } from './follower.ts'
import { placeKey, PlaceMap, type Place } from './names.ts'
import type { Offsets } from './offsets.ts'
import { readBatches, type BatchReading, type ReadBatches } from './read-batches.ts'

/** Requests that wait for news. */
const NEWS_LANE = 'follow'
/** Requests for what is known to be there: were they behind those that wait, readers would run dry. */
const AHEAD_LANE = 'read-ahead'
/** A broker without news answers after this. */
const WAIT_MS = 250
/** While some partitions are not asked for, those that will be soon wait at most so long. */
const SHORT_WAIT_MS = 20
type Lane = typeof NEWS_LANE | typeof AHEAD_LANE
const FETCH_BYTES_MAX = 1 << 20
const RETRY_MS = 100
/** How often the ends of partitions are asked for that are not fetched: nobody reads them, or their readers are behind. */
const ENDS_INTERVAL_MS = 1_000
/** A partition that nobody has asked for so long, in looks, is followed no more: its task has gone elsewhere. */
const IDLE_LOOKS_MAX = 60

/** What a broker leads of what is followed: who may be asked for, and how many there are. */
interface Led {
  readonly behind: Follower[]
  readonly current: Follower[]
  count: number
}

/** A follower that is asked for, and from where on. */
interface Asked {
  readonly follower: Follower
  readonly offset: number
}

/**
 * Reads partitions ahead of their readers, so that a reader finds what it asks for in memory and hears of news
 * at once. Of each broker one request waits for news of the partitions that are read to their ends; another,
 * on a connection of its own, fetches what is known to be behind.
 */
export class Followers {
  private readonly cluster: Cluster
  private readonly offsets: Offsets
  private readonly reading: BatchReading
  private readonly onNews: () => void
  private readonly followers = new Set<Follower>()
  private readonly byPlace = new PlaceMap<Follower>()
  /** Partitions whose ends are asked for, and which are not followed, by looks since anybody asked. */
  private readonly glanced = new Map<string, { readonly place: Place; idleLooks: number }>()
  /** Brokers with a request under way, by its lane. */
  private readonly asking = { [NEWS_LANE]: new Set<number>(), [AHEAD_LANE]: new Set<number>() }
  private readonly ends: NodeJS.Timeout
  private isAsking = false
  private closed = false

  constructor(cluster: Cluster, offsets: Offsets, onNews: () => void) {
    this.cluster = cluster
    this.offsets = offsets
    this.onNews = onNews
    const { crc32c, compressionsAlgorithmsByBitmask: codecs } = cluster.library
    this.reading = {
      crc32c,
      decompress: (codec, bytes) => {
        const known = codecs[codec]
        if (known === undefined) throw new BrokerError('UNSUPPORTED_COMPRESSION_TYPE', `codec ${codec}`)
        return Buffer.from(known.decompressSync(bytes))
      },
    }
    this.ends = setInterval(() => this.look(), ENDS_INTERVAL_MS).unref()
  }

  /** Follows a partition from its end on, unless it is followed already. */
  follow(place: Place): void {
    const known = this.byPlace.get(place.topic, place.partition)
    if (known !== undefined) {
      known.idleLooks = 0
      return
    }
    this.add(new Follower(place, this.offsets.of(place).end))
    this.ask()
  }

  /** How far a partition goes, as of a second ago at most. Nothing of it is read ahead. */
  glance(place: Place): number {
    const key = placeKey(place.topic, place.partition)
    const known = this.glanced.get(key)
    if (known === undefined) this.glanced.set(key, { place, idleLooks: 0 })
    else known.idleLooks = 0
    return this.offsets.of(place).end
  }

  /**
   * Frames from `offset` on. What was read ahead is answered at once; for anything else the leader is asked, and
   * reading ahead goes on from there.
   */
  async read(place: Place, offset: number, bytesMax: number): Promise<readonly StoredFrame[]> {
    const { start, end } = this.offsets.of(place)
    const from = Math.max(offset, start)
    if (from >= end) return from > offset ? [nothingBefore(from)] : []
    let follower = this.byPlace.get(place.topic, place.partition)
    if (follower?.covers(from)) {
      follower.idleLooks = 0
      const frames = follower.take(from, bytesMax)
      this.ask()
      // Whoever asks again at once would keep the answer from coming in.
      if (frames.length === 0) await nextTurn()
      return frames
    }
    const read = await this.fetchOnce(place, from, bytesMax)
    follower = this.byPlace.get(place.topic, place.partition) ?? this.add(new Follower(place, from))
    follower.moveTo(from)
    follower.add(read, this.offsets.of(place).end)
    const frames = follower.take(from, bytesMax)
    this.ask()
    return frames
  }

  /** Asks how far everything that is followed goes now. Throws an `EngineError`. */
  async hearEnds(): Promise<void> {
    await this.offsets.refresh([...this.followers].map(({ place }) => place))
  }

  /** What a leader has from an offset on, past whatever is no record. Throws an `EngineError`. */
  async fetchOnce(place: Place, offset: number, bytesMax: number): Promise<ReadBatches> {
    const { topic, partition } = place
    return this.cluster.persist(async () => {
      const leader = this.cluster.leader(topic, partition)
      if (leader === undefined) throw new BrokerError('LEADER_NOT_AVAILABLE', topic)
      const limits = { waitMs: 0, partitionBytesMax: bytesMax }
      const [fetched] = await fetchFrom(this.cluster, leader, COMMON_LANE, [{ ...place, offset }], limits)
      const { errorCode, bytes, aborted, stableEnd, start } = fetched!
      this.cluster.check(errorCode, `${topic}-${partition} at ${offset}`)
      this.offsets.heard(place, { start, end: stableEnd })
      return readBatches(bytes, offset, aborted, this.reading)
    })
  }

  close(): void {
    this.closed = true
    clearInterval(this.ends)
    this.followers.clear()
  }

  /** Once for all readers of this turn: a worker has hundreds of partitions, and each look goes over all. */
  private ask(): void {
    if (this.isAsking) return
    this.isAsking = true
    setImmediate(() => {
      this.isAsking = false
      this.askBrokers()
    })
  }

  /** Sees to it that every broker is asked for what it leads and its readers have room for. */
  private askBrokers(): void {
    if (this.closed) return
    const byLeader = new Map<number, Led>()
    for (const follower of this.followers) {
      const { topic, partition } = follower.place
      const leader = this.cluster.leader(topic, partition)
      if (leader !== undefined) addTo(byLeader, leader, follower)
    }
    for (const [leader, { behind, current, count }] of byLeader) {
      this.start(leader, AHEAD_LANE, behind, 0)
      this.start(leader, NEWS_LANE, current, current.length === count ? WAIT_MS : SHORT_WAIT_MS)
    }
  }

  private start(leader: number, lane: Lane, followers: readonly Follower[], waitMs: number): void {
    if (followers.length === 0 || this.asking[lane].has(leader)) return
    this.asking[lane].add(leader)
    void this.fetch(leader, lane, followers, waitMs)
  }

  private async fetch(
    leader: number,
    lane: Lane,
    followers: readonly Follower[],
    waitMs: number,
  ): Promise<void> {
    const asked = followers.map((follower): Asked => ({ follower, offset: follower.next }))
    for (const follower of followers) follower.isFetching = true
    try {
      const places = asked.map(({ follower, offset }) => ({ ...follower.place, offset }))
      const limits = { waitMs, partitionBytesMax: FETCH_BYTES_MAX }
      const fetched = await fetchFrom(this.cluster, leader, lane, places, limits)
      const byPlace = new PlaceMap<Asked>()
      for (const each of asked) byPlace.set(each.follower.place.topic, each.follower.place.partition, each)
      for (const each of fetched) this.takeOrRest(each, byPlace.get(each.topic, each.partition)!)
    } catch (error) {
      await this.recover(error)
    }
    for (const follower of followers) follower.isFetching = false
    this.asking[lane].delete(leader)
    this.ask()
  }

  /** What cannot be taken of one partition holds up no other. */
  private takeOrRest(fetched: Fetched, asked: Asked): void {
    try {
      this.take(fetched, asked)
    } catch (error) {
      void this.rest(asked.follower, error)
    }
  }

  private async rest(follower: Follower, failure: unknown): Promise<void> {
    follower.hasFailed = !isMended(failure)
    follower.isResting = true
    await this.recover(failure)
    follower.isResting = false
    this.ask()
  }

  private take(fetched: Fetched, { follower, offset }: Asked): void {
    const { place } = follower
    this.cluster.check(fetched.errorCode, `${place.topic}-${place.partition} at ${offset}`)
    const { start, stableEnd, bytes, aborted } = fetched
    const hasNews = this.offsets.heard(place, { start, end: stableEnd })
    // Its reader went elsewhere meanwhile.
    if (follower.next === offset) {
      follower.add(readBatches(bytes, offset, aborted, this.reading), stableEnd)
    }
    if (hasNews || follower.next > offset) this.onNews()
  }

  /** Readers are served from the leaders meanwhile, which tells them what is wrong. */
  private async recover(failure: unknown): Promise<void> {
    if (this.closed) return
    await sleep(RETRY_MS)
    if (isOutOfRange(failure)) await this.moveIntoRange()
    else await this.cluster.refresh().catch(() => undefined)
  }

  private async moveIntoRange(): Promise<void> {
    await this.refreshEnds(true)
    for (const follower of this.followers) {
      const { start, end } = this.offsets.of(follower.place)
      if (follower.next < start) follower.moveTo(start)
      else if (follower.next > end) follower.moveTo(end)
    }
  }

  private add(follower: Follower): Follower {
    this.followers.add(follower)
    this.byPlace.set(follower.place.topic, follower.place.partition, follower)
    return follower
  }

  private drop(follower: Follower): void {
    this.followers.delete(follower)
    this.byPlace.set(follower.place.topic, follower.place.partition, undefined)
  }

  private look(): void {
    for (const follower of this.followers) {
      if (++follower.idleLooks > IDLE_LOOKS_MAX) this.drop(follower)
    }
    for (const [key, each] of this.glanced) {
      if (++each.idleLooks > IDLE_LOOKS_MAX) this.glanced.delete(key)
    }
    void this.refreshEnds()
  }

  private async refreshEnds(all = false): Promise<void> {
    const behind = [...this.followers].filter(({ isFull }) => all || isFull)
    const places = [...behind, ...this.glanced.values()].map(({ place }) => place)
    if (places.length === 0 || this.closed) return
    await this.offsets.refresh(places).catch(() => undefined)
  }
}

const addTo = (byLeader: Map<number, Led>, leader: number, follower: Follower): void => {
  let led = byLeader.get(leader)
  if (led === undefined) {
    led = { behind: [], current: [], count: 0 }
    byLeader.set(leader, led)
  }
  led.count++
  if (follower.isFetching || follower.isResting || follower.isFull) return
  const list = follower.isBehind ? led.behind : led.current
  list.push(follower)
}

const isOutOfRange = (failure: unknown): boolean =>
  failure instanceof BrokerError && failure.code === 'OFFSET_OUT_OF_RANGE'

/** It passes, or is mended by looking anew where a partition lies and begins: its reader need not hear of it. */
const isMended = (failure: unknown): boolean =>
  isOutOfRange(failure) || (failure instanceof BrokerError && mayPass(failure))
