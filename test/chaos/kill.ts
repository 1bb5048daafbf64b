import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { Embedded, EMBEDDED_DEFAULTS } from '../../cli/runtime/embedded.ts'
import { systemClock } from '../../cli/runtime/clock.ts'
import { Random } from '../../engine/driver/random.ts'
import { NO_METRICS } from '../../engine/metrics.ts'
import { freePorts } from '../../services/ports.ts'
import { readEnvelope } from '../../schemas/envelope.ts'
import { everything } from '../../topologies/index.ts'
import { mayBeGone } from '../simulation/society/lasting.ts'
import { Victim } from './victim.ts'

export interface KillOptions {
  /** NDJSON of events. */
  readonly file: string
  readonly directory: string
  readonly kills: number
  readonly seed: number
  /** Lines a request. */
  readonly batchLines: number
  /** Kills come between these after the server began to answer. */
  readonly aliveMsMin: number
  readonly aliveMsMax: number
}

export interface KillReport {
  readonly kills: number
  readonly events: number
  /** Requests whose answer never came and that were sent again. */
  readonly resent: number
  /** From each kill until the server answered again. */
  readonly recoveryMs: readonly number[]
}

const ROWS_MAX = 100_000_000
const RETRY_MS = 20

/**
 * Sends a file of events to `freshet up`, kills it with `kill -9` at random moments on the way, starts it
 * again each time, and sends again what was not answered. Ends with a clean stop.
 */
export const replayUnderKills = async (options: KillOptions): Promise<KillReport> => {
  const random = new Random(options.seed)
  const [port] = await freePorts(1)
  const victim = new Victim(port!, options.directory)
  await victim.start()
  const sender = new Sender(victim.url)
  const recoveryMs: number[] = []
  const sending = sender.sendFile(options.file, options.batchLines)
  for (let kill = 0; kill < options.kills && !sender.done; kill++) {
    await sleep(options.aliveMsMin + random.below(options.aliveMsMax - options.aliveMsMin))
    if (sender.done) break
    await victim.kill('SIGKILL')
    recoveryMs.push(await victim.start())
  }
  const events = await sending
  await victim.kill('SIGTERM')
  return { kills: recoveryMs.length, events, resent: sender.resent, recoveryMs }
}

class Sender {
  resent = 0
  done = false
  private readonly url: string

  constructor(url: string) {
    this.url = url
  }

  async sendFile(file: string, batchLines: number): Promise<number> {
    let sent = 0
    let batch: string[] = []
    for await (const line of createInterface({ input: createReadStream(file) })) {
      batch.push(line)
      if (batch.length < batchLines) continue
      sent += await this.send(batch)
      batch = []
    }
    if (batch.length > 0) sent += await this.send(batch)
    this.done = true
    return sent
  }

  /** Sends until it is answered: a request that died with the server may or may not have been taken. */
  private async send(lines: readonly string[]): Promise<number> {
    for (;;) {
      const answer = await this.post(lines.join('\n'))
      if (answer !== undefined) return answer
      this.resent++
      await sleep(RETRY_MS)
    }
  }

  private async post(body: string): Promise<number | undefined> {
    try {
      const headers = { 'content-type': 'application/x-ndjson' }
      const response = await fetch(`${this.url}/v1/events`, { method: 'POST', headers, body })
      if (response.status === 503) return undefined
      const { accepted } = (await response.json()) as { accepted: number }
      return accepted
    } catch {
      return undefined
    }
  }
}

/** Time of the newest event of a file. */
export const newestIn = async (file: string): Promise<number> => {
  let newest = -Infinity
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const { contract, value } = readEnvelope(Buffer.from(line))
    newest = Math.max(newest, contract.timeOf(value))
  }
  return newest
}

/** Rows and a hash of them, a store: equal for equal states. */
export type StateDigest = Record<string, string>

/**
 * Reads a data directory that nobody has open, of which the newest event is known. Rows of views that have ended are left
 * out: they may be removed in one run and not yet in another.
 */
export const digestOf = async (directory: string, newest: number): Promise<StateDigest> => {
  const embedded = await Embedded.open({
    ...EMBEDDED_DEFAULTS,
    directory,
    topology: everything,
    clock: systemClock,
    metrics: NO_METRICS,
    acceptedBacklogMax: Infinity,
  })
  await embedded.settled()
  const digest: StateDigest = {}
  for (const name of embedded.worker.storeNames()) {
    const hash = createHash('sha256')
    let rows = 0
    for (const store of (await embedded.worker.stores(name)) ?? []) {
      for (const { key, value } of await store.scan({ limit: ROWS_MAX })) {
        if (mayBeGone(name, value, newest)) continue
        rows++
        hash.update(key).update('\0').update(value).update('\0')
      }
    }
    digest[name] = `${rows} rows, ${hash.digest('hex').slice(0, 16)}`
  }
  await embedded.close()
  return digest
}
