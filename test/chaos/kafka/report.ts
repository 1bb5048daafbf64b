import type { Input } from './input.ts'
import type { Differences } from './recount.ts'

export interface ChaosOptions {
  readonly seed: number
  /** Workers killed by `kill -9`, one after the other. */
  readonly kills: number
  /** Nodes killed that lead, among others, partitions of topics that commits go to. */
  readonly brokerKills: number
  /** Workers stopped for longer than their patience, and woken. */
  readonly freezes: number
  /** Times that Redis is killed and comes back empty. */
  readonly redisKills: number
  /** Times that the first worker's disk is full, and the worker killed and started again on it. */
  readonly diskFulls: number
  readonly partitions: number
  readonly workers: number
  readonly standbys: number
  /** What is published while all this happens. */
  readonly input: Input
  readonly eventsPerSecond: number
  /** Keys of user and author that there are before anything is disturbed, beside those of the society. */
  readonly keys: number
  /** No more disturbances begin after this. */
  readonly minutesMax: number
  readonly say: (line: string) => void
}

export interface ChaosReport extends Differences {
  readonly kills: number
  readonly brokerKills: number
  readonly freezes: number
  readonly redisKills: number
  readonly diskFulls: number
  /** On the public topics. */
  readonly events: number
  /** Of events published, those that are not on the topics, and those there more than once. */
  readonly inputLost: number
  readonly inputDuplicated: number
  /** Rows on Redis that are not as they are in the workers' state, at the end. */
  readonly carriedWrong: number
  /** From a kill until every task was seen run by a live worker with nothing left to read. */
  readonly caughtUpMs: readonly number[]
  readonly caughtUpMsMedian: number
  readonly caughtUpMsMax: number
  /** Workers that ended by themselves, and what they said. */
  readonly crashes: number
  readonly crashed: readonly string[]
}
