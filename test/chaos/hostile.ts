import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Random } from '../../engine/driver/random.ts'
import { handMadeLines } from './hostile/bad-events.ts'
import { Connections } from './hostile/connections.ts'
import { EventDoor } from './hostile/event-door.ts'
import { EventStream } from './hostile/event-stream.ts'
import { runHostileLog, type LogRunReport } from './hostile/log-run.ts'
import { ServingProbe } from './hostile/serving-probe.ts'
import { printed, Tally } from './hostile/tally.ts'
import { FreshetUp } from './server.ts'

export interface HostileOptions {
  readonly directory: string
  /** Malformed events, requests and records to send, at least. */
  readonly events: number
  readonly seed: number
  /** Also requests that never end: takes 30 s, the time that a request has. */
  readonly endless: boolean
}

export interface HostileReport {
  readonly sent: number
  readonly malformed: number
  readonly good: number
  readonly accepted: number
  /** By the contract's rule or the code, at the door; `closed`: without an answer; `aborted`: by the sender. */
  readonly refused_by_code: Readonly<Record<string, number>>
  /** Of records that came past the door. */
  readonly dead_letters_by_code: Readonly<Record<string, number>>
  readonly dead_letters: number
  readonly crashed: number
  /** Requests that were sent again because the server was busy. */
  readonly retried: number
  readonly rss_mb_before: number
  readonly rss_mb_peak: number
  readonly rss_mb_first_third: number
  readonly rss_mb_last_third: number
  readonly serving_checks: number
  /** Measured by the busy sender, its own work included. */
  readonly serving_worst_ms: number
}

/**
 * What `freshet up` may take of memory, whatever it is sent: by their limits 256 MiB for sessions, 64 for what requests
 * are explained by and 32 for the log's tail; and some 750 for models, heap and state of as many events as this sends.
 */
export const RSS_MIB_MAX = 1_200

/** Of all that is malformed: through connections, past the door; the rest are events at the door. */
const CONNECTION_SHARE = 0.04
const LOG_SHARE = 0.1
const LANES = 3
const LINES_MAX = 600
const ARRAY_SHARE = 0.15
const SETTLE_MS_MAX = 120_000

/**
 * Sends hostile events, requests and connections to a `freshet up` of its own, good ones among them, then
 * hostile records into the log of another. Throws where anything bad was accepted, anything good refused, an
 * answer had no code, a check of serving failed, or counts do not add up.
 */
export const runHostile = async (options: HostileOptions): Promise<HostileReport> => {
  const up = await FreshetUp.start(join(options.directory, 'door'))
  try {
    const door = await runDoor(up, options)
    const log = await runHostileLog({
      directory: join(options.directory, 'log'),
      records: options.events * LOG_SHARE,
      random: new Random(options.seed + LANES + 1),
    })
    return { ...door, ...withLog(door, log) }
  } finally {
    await up.stop('SIGKILL')
  }
}

const withLog = (door: HostileReport, log: LogRunReport): Partial<HostileReport> => ({
  sent: door.sent + log.malformed + log.good,
  malformed: door.malformed + log.malformed,
  good: door.good + log.good,
  dead_letters_by_code: printed(log.deadLettersByCode),
  dead_letters: log.deadLetters,
})

const runDoor = async (up: FreshetUp, options: HostileOptions): Promise<HostileReport> => {
  const connections = new Tally()
  const lanes = Array.from({ length: LANES }, () => new Tally())
  const target = options.events * (1 - LOG_SHARE)
  const probe = await ServingProbe.start(up.url, () => sumOf([connections, ...lanes]).malformed / target)
  await Promise.all([
    runConnections(up, options, connections),
    ...lanes.map((tally, lane) => runLane(up, options, tally, lane)),
  ])
  await probe.stop()
  const tally = sumOf([connections, ...lanes])
  await holdProcessed(up, tally)
  const rssPeak = Math.max(probe.rssPeak, await highWaterMib(up.pid))
  if ((await up.stop()) !== 0) throw new Error(`did not end well: ${up.said}`)
  if (up.said.includes('INTERNAL')) throw new Error(`an error that nobody foresaw: ${up.said}`)
  return {
    sent: tally.malformed + tally.good,
    malformed: tally.malformed,
    good: tally.good,
    accepted: tally.accepted,
    refused_by_code: printed(tally.refusedByCode),
    dead_letters_by_code: {},
    dead_letters: 0,
    crashed: up.crashes,
    retried: tally.retried,
    rss_mb_before: probe.rssBefore,
    rss_mb_peak: rssPeak,
    rss_mb_first_third: probe.rssFirstThird,
    rss_mb_last_third: probe.rssLastThird,
    serving_checks: probe.checks,
    serving_worst_ms: Math.round(probe.worstMs),
  }
}

const sumOf = (tallies: readonly Tally[]): Tally => {
  const sum = new Tally()
  for (const tally of tallies) sum.include(tally)
  return sum
}

/** Hand-made requests and connections that misbehave: one after another, but for those that never end. */
const runConnections = async (up: FreshetUp, options: HostileOptions, tally: Tally): Promise<void> => {
  const connections = new Connections(up.port, new Random(options.seed), tally)
  const endless = options.endless ? connections.endless() : Promise.resolve()
  await connections.everyRequest()
  await connections.drops()
  await connections.crowd()
  while (tally.malformed < options.events * CONNECTION_SHARE) await connections.any()
  await endless
}

/** A part of the events at the door. */
const runLane = async (
  up: FreshetUp,
  { events, seed }: HostileOptions,
  tally: Tally,
  lane: number,
): Promise<void> => {
  const random = new Random(seed + 1 + lane)
  const nowMs = Date.now()
  const stream = new EventStream(random, nowMs, handMadeLines(nowMs))
  const door = new EventDoor(up.url, random, tally)
  const share = (events * (1 - CONNECTION_SHARE - LOG_SHARE)) / LANES
  while (tally.malformed < share) {
    const lines = Array.from({ length: 1 + random.below(LINES_MAX) }, () => stream.next())
    await (random.chance(ARRAY_SHARE) ? door.postArray(lines) : door.postLines(lines))
  }
}

/** Everything accepted was processed, and nothing of it put aside. */
const holdProcessed = async (up: FreshetUp, tally: Tally): Promise<void> => {
  const status = await settledStatus(up)
  const { processed, duplicates, deadLetters } = status
  if (processed + duplicates !== tally.accepted || deadLetters !== 0) {
    throw new Error(`accepted ${tally.accepted}, but: ${JSON.stringify(status)}`)
  }
}

interface Status {
  readonly processed: number
  readonly duplicates: number
  readonly deadLetters: number
  readonly settled: boolean
}

const settledStatus = async (up: FreshetUp): Promise<Status> => {
  const started = performance.now()
  for (;;) {
    const status = (await (await fetch(`${up.url}/admin/v1/status`)).json()) as Status
    if (status.settled) return status
    if (performance.now() - started > SETTLE_MS_MAX) throw new Error(`not settled: ${JSON.stringify(status)}`)
    await sleep(100)
  }
}

const KIB_A_MIB = 1_024

/** The most memory the process ever had, where the system tells; otherwise 0. */
const highWaterMib = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / KIB_A_MIB)
}
