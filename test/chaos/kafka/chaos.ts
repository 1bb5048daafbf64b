import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { publishAll } from '../../../bench/publish-all.ts'
import { declared } from '../../../cli/config/schema.ts'
import { fleetTopics } from '../../../cli/worker/fleet-log.ts'
import { Random } from '../../../engine/driver/random.ts'
import { EngineError } from '../../../engine/errors.ts'
import { KafkaNames } from '../../../engine/log/kafka/names.ts'
import { KafkaLog } from '../../../engine/log/kafka.ts'
import { taskIdOf } from '../../../engine/task.ts'
import { plansOf } from '../../../engine/topology.ts'
import { reactions } from '../../../processors/topics.ts'
import { realServices } from '../../../services/index.ts'
import type { KafkaService, RedisService } from '../../../services/port.ts'
import { DAY_MS } from '../../../schemas/ids.ts'
import type { Envelope } from '../../../schemas/envelope.ts'
import { everything } from '../../../topologies/index.ts'
import type { WorkerStatus } from '../../../cli/worker/start.ts'
import { LoopDisk } from '../disk/loop-disk.ts'
import { BrokerPartitions } from './broker-partitions.ts'
import { drawn, noneYet, type Disturbance, type Times } from './disturbances.ts'
import { countExamples, type CountedExamples } from './examples.ts'
import { Feeder, idOf, keysOf, type Input } from './input.ts'
import type { ChaosOptions, ChaosReport } from './report.ts'
import { carriedDifferences } from './carried.ts'
import {
  comparable,
  differencesOf,
  inputOn,
  leftBehind,
  recounted,
  type Differences,
  type WholeOutcome,
} from './recount.ts'
import { countTotals, type CountedTotals } from './totals.ts'
import { WorkerProcess } from './worker-process.ts'

const PREFIX = 'chaos.'
const LOOK_MS = 20
const CAUGHT_UP_MS_MAX = 120_000
const SETTLED_LOOKS = 25
const SETTLED_MS_MAX = 900_000
/** Nothing is said of these to the workers. */
const { worker, topics } = declared
const TOPICS = { group: worker.group.fallback, retentionMs: topics.retentionDays.fallback * DAY_MS }
const FROZEN_MS = 2 * worker.heartbeatMs.fallback * worker.missedHeartbeatsMax.fallback
/** Kills come so long, at most, after the last one is over. */
const CALM_MS_MAX = 2_000
const SERVICE_DOWN_MS = 1_000
/** A task that has nothing to commit for so long does not hear that it was taken. */
const REFUSED_MS_MAX = 5_000
const REFUSED_LOOK_MS = 100
const IDLE_MS = 2_500
const DISK_MIB = 1_024
const FULL_MS = 12_000

/**
 * Real workers on a real cluster, killed, frozen and cut off from brokers while events come in; then what they left
 * is compared with what one undisturbed process makes of the events that are on the topics, and totals and examples with
 * what those events come to, counted by hand.
 */
export const chaos = async (options: ChaosOptions): Promise<ChaosReport> => {
  const directory = await mkdtemp(join(tmpdir(), 'freshet-chaos-'))
  const ends: (() => Promise<void> | void)[] = [() => rm(directory, { recursive: true, force: true })]
  try {
    const kafka = await realServices.kafka({ nodes: 3 })
    ends.push(() => kafka.stop())
    const redis = await realServices.redis()
    ends.push(() => redis.stop())
    options.told.throwIfAborted()
    const run = new Chaos(options, { kafka, redis }, directory)
    ends.push(
      () => run.dispose(),
      () => run.end(),
    )
    return await Promise.race([run.report(), untilTold(options.told)])
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}

const untilTold = async (told: AbortSignal): Promise<never> => {
  await once(told, 'abort')
  throw told.reason
}

interface Services {
  readonly kafka: KafkaService
  readonly redis: RedisService
}

class Chaos {
  private readonly options: ChaosOptions
  private readonly kafka: KafkaService
  private readonly redis: RedisService
  private readonly directory: string
  private readonly random: Random
  private readonly workers: readonly WorkerProcess[]
  private readonly tasks: number
  /** The first worker's, where its disk is to be full. */
  private readonly disk: LoopDisk | undefined
  private readonly caughtUpMs: number[] = []
  private readonly names = new KafkaNames(PREFIX)
  /** Commits that were refused to workers whose tasks a rival had taken. */
  private refused = 0
  private log: KafkaLog | undefined

  constructor(options: ChaosOptions, { kafka, redis }: Services, directory: string) {
    this.options = options
    this.kafka = kafka
    this.redis = redis
    this.directory = directory
    this.random = new Random(options.seed)
    this.disk = options.times['disk-fulls'] > 0 ? smallDisk() : undefined
    this.tasks = plansOf(everything).length * options.partitions
    this.workers = Array.from({ length: options.workers }, (_, index) => {
      const member = `worker-${index}`
      const { partitions, standbys } = options
      return new WorkerProcess({
        brokers: kafka.brokers,
        redis: `redis://${redis.host}:${redis.port}`,
        prefix: PREFIX,
        member,
        directory: (index === 0 && this.disk?.data) || join(directory, member),
        partitions,
        standbys,
      })
    })
  }

  async report(): Promise<ChaosReport> {
    const { input, eventsPerSecond, partitions, minutesMax } = this.options
    const log = await this.openLog()
    this.log = log
    await log.createTopics(fleetTopics(everything, { ...TOPICS, partitions }))
    for (const worker of this.workers) worker.start()
    for (const worker of this.workers) await worker.answers()
    await this.caughtUp('start')
    const startAt = timeOf(input.events[0]!)
    await publishAll(log, keysOf(this.options.keys, startAt))
    await this.settled()
    this.options.say(`${this.options.keys} keys are there`)
    const feeder = new Feeder(log, input.events)
    const feeding = feeder.run(eventsPerSecond)
    const done = await this.disturbAll(feeder, performance.now() + minutesMax * 60_000).finally(() =>
      feeder.stop(),
    )
    await feeding
    await feeder.finish()
    await this.lastRounds(log, input)
    const crashed = this.workers.filter(({ crashes }) => crashes > 0).map(({ output }) => output)
    const newcomer = await this.openLog()
    const actual = await leftBehind(newcomer, partitions)
    await newcomer.close()
    const carriedWrong = await carriedDifferences(this.redis, actual)
    for (const worker of this.workers) await worker.end('SIGTERM')
    const sorted = this.caughtUpMs.toSorted((one, other) => one - other)
    return {
      times: done,
      refused: this.refused,
      ...(await this.compared(input, actual)),
      carriedWrong,
      caughtUpMs: this.caughtUpMs,
      caughtUpMsMedian: sorted[sorted.length >> 1] ?? 0,
      caughtUpMsMax: sorted.at(-1) ?? 0,
      crashes: this.workers.reduce((sum, { crashes }) => sum + crashes, 0),
      crashed,
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()))
    await this.log?.close()
  }

  /** Once nothing runs any more. */
  dispose(): void {
    this.disk?.remove()
  }

  private openLog(): Promise<KafkaLog> {
    const { brokers } = this.kafka
    return KafkaLog.open({ brokers, prefix: PREFIX, changelogPartitions: this.options.partitions })
  }

  /** Answers how often each came to pass before the deadline. */
  private async disturbAll(feeder: Feeder, deadline: number): Promise<Times> {
    const done = noneYet()
    for (const each of drawn(this.options.times, this.random)) {
      if (performance.now() > deadline) break
      await this.disturb(each, feeder.left)
      done[each]++
    }
    return done
  }

  private async disturb(disturbance: Disturbance, left: number): Promise<void> {
    await sleep(this.random.below(CALM_MS_MAX))
    const worker = await this.victim()
    switch (disturbance) {
      case 'kills': {
        await worker.end('SIGKILL')
        const killedAt = performance.now()
        worker.start()
        await this.caughtUp('kill')
        const tookMs = Math.round(performance.now() - killedAt)
        this.caughtUpMs.push(tookMs)
        await worker.answers()
        const count = `${this.caughtUpMs.length} of ${this.options.times.kills}`
        this.options.say(
          `killed ${worker.member} (${count}), caught up after ${tookMs} ms, ${left} events left`,
        )
        return
      }
      case 'freezes': {
        worker.freeze()
        await sleep(FROZEN_MS)
        await this.caughtUp('freeze')
        worker.thaw()
        this.options.say(`froze and woke ${worker.member}`)
        await this.caughtUp('wake')
        return
      }
      case 'disk-fulls':
        return this.fillDisk()
      case 'redis-kills':
        await this.redis.process.kill()
        await sleep(SERVICE_DOWN_MS)
        await this.redis.process.restart()
        this.options.say('killed Redis and started it again, empty')
        return
      case 'redis-flushes': {
        const client = new Redis(this.redis.port, this.redis.host)
        await client.flushall()
        client.disconnect()
        this.options.say('emptied Redis')
        return
      }
      case 'rivals':
        return this.takeAll(worker)
      case 'reassignments':
        return this.reassign()
      case 'broker-kills': {
        const node = this.kafka.nodes[await this.leader()]!
        await node.kill()
        await sleep(SERVICE_DOWN_MS)
        await node.restart()
        this.options.say('killed a broker and started it again')
        await this.caughtUp('broker')
      }
    }
  }

  /** What it has in memory needs no room; once that is lost it cannot begin, and its tasks are the others'. */
  private async fillDisk(): Promise<void> {
    const [worker] = this.workers
    this.disk!.fill()
    await sleep(FULL_MS)
    await worker!.end('SIGKILL')
    worker!.start({ mayEnd: true })
    await this.caughtUp('full disk')
    await worker!.end('SIGKILL')
    this.disk!.free()
    worker!.start()
    await worker!.answers()
    this.options.say(
      `filled the disk of ${worker!.member}, killed and restarted it on that, and made room again`,
    )
    await this.caughtUp('room again')
  }

  /** One of those that run tasks: of others nobody would take anything over. */
  private async victim(): Promise<WorkerProcess> {
    const statuses = await this.statuses()
    const busy = this.workers.filter((_, index) => Object.keys(statuses[index]?.active ?? {}).length > 0)
    return busy[this.random.below(busy.length)] ?? this.workers[0]!
  }

  /** The node that leads a changelog's partition. */
  private async leader(): Promise<number> {
    const brokers = await BrokerPartitions.open(this.kafka.brokers)
    const leader = await brokers.leader(this.names.changelog(this.someTask()))
    await brokers.close()
    // Nodes count from 0 here, brokers from 1.
    return leader - 1
  }

  private async reassign(): Promise<void> {
    const brokers = await BrokerPartitions.open(this.kafka.brokers)
    const changelog = this.names.changelog(this.someTask())
    const input = { topic: this.names.topic(reactions.name), partition: changelog.partition }
    await Promise.all([input, changelog].map((place) => brokers.reassign(place)))
    await brokers.close()
    this.options.say(`took partition ${changelog.partition} of an input and a changelog from their leaders`)
    await this.caughtUp('reassignment')
  }

  /** Those it has under way are refused, and all that follow: it lets go of the tasks and begins anew. */
  private async takeAll(worker: WorkerProcess): Promise<void> {
    const tasks = Object.keys((await worker.status())?.active ?? {})
    const before = await worker.refusedCommits()
    await Promise.all(tasks.map((task) => this.take(task)))
    const deadline = performance.now() + REFUSED_MS_MAX
    let refused = 0
    while (refused < tasks.length && performance.now() < deadline) {
      await sleep(REFUSED_LOOK_MS)
      refused = Math.max(refused, (await worker.refusedCommits()) - before)
    }
    await this.caughtUp('rival')
    refused = Math.max(refused, (await worker.refusedCommits()) - before)
    this.refused += refused
    this.options.say(`took ${tasks.length} tasks from ${worker.member}, which heard of ${refused}`)
  }

  private async take(task: string): Promise<void> {
    try {
      await (await this.log!.session(task)).close()
    } catch (error) {
      // Whose it was may have taken it back by then.
      if (!(error instanceof EngineError && error.code === 'FENCED')) throw error
    }
  }

  private someTask(): string {
    return taskIdOf('user', this.random.below(this.options.partitions))
  }

  /** Every task was seen run by somebody alive with nothing left to read. */
  private async caughtUp(what: string): Promise<void> {
    const deadline = performance.now() + CAUGHT_UP_MS_MAX
    const done = new Set<string>()
    for (;;) {
      const statuses = await this.statuses()
      for (const status of statuses) {
        for (const [task, lag] of Object.entries(status?.active ?? {})) if (lag === 0) done.add(task)
      }
      if (done.size === this.tasks) return
      if (performance.now() > deadline) throw new Error(`${what}: not caught up: ${JSON.stringify(statuses)}`)
      await sleep(LOOK_MS)
    }
  }

  private statuses(): Promise<(WorkerStatus | undefined)[]> {
    return Promise.all(this.workers.map((worker) => worker.status()))
  }

  private async settled(): Promise<void> {
    const deadline = performance.now() + SETTLED_MS_MAX
    for (let looks = 0; looks < SETTLED_LOOKS;) {
      const statuses = await this.statuses()
      const active = new Set(statuses.flatMap((status) => Object.keys(status?.active ?? {})))
      const isSettled = active.size === this.tasks && statuses.every((status) => status?.settled === true)
      looks = isSettled ? looks + 1 : 0
      if (performance.now() > deadline) throw new Error(`work is left: ${JSON.stringify(statuses)}`)
      await sleep(2 * LOOK_MS)
    }
  }

  private async lastRounds(log: KafkaLog, { lastRounds }: Input): Promise<void> {
    for (const events of lastRounds) {
      await this.settled()
      await sleep(IDLE_MS)
      await new Feeder(log, events).finish()
    }
    await this.settled()
    await sleep(IDLE_MS)
    await this.settled()
  }

  private async compared(
    input: Input,
    actual: WholeOutcome,
  ): Promise<
    Differences &
      CountedTotals &
      CountedExamples &
      Pick<ChaosReport, 'events' | 'inputLost' | 'inputDuplicated'>
  > {
    const log = await this.openLog()
    const found = await inputOn(log)
    const counts = new Map<string, number>()
    for (const event of found) counts.set(idOf(event), (counts.get(idOf(event)) ?? 0) + 1)
    const wanted = new Map<string, number>()
    const note = (event: Envelope): void => void wanted.set(idOf(event), (wanted.get(idOf(event)) ?? 0) + 1)
    for (const event of keysOf(this.options.keys, timeOf(input.events[0]!))) note(event)
    for (const event of [...input.events, ...input.lastRounds.flat()]) note(event)
    let inputLost = 0
    let inputDuplicated = 0
    for (const [id, times] of wanted) {
      const more = (counts.get(id) ?? 0) - times
      if (more < 0) inputLost -= more
      else inputDuplicated += more
    }
    await log.close()
    const lastAt = input.lastRounds.map(([first]) => timeOf(first!))
    const expected = await recounted(found, lastAt, join(this.directory, 'recount'))
    return {
      events: found.length,
      inputLost,
      inputDuplicated,
      ...differencesOf(comparable(actual, found, lastAt), comparable(expected, found, lastAt)),
      ...countTotals(found, actual),
      ...countExamples(found, actual.outputs),
    }
  }
}

const smallDisk = (): LoopDisk => {
  const disk = LoopDisk.create(DISK_MIB)
  if (typeof disk === 'string') throw new Error(`no disk can be filled: ${disk}`)
  return disk
}

const timeOf = ({ contract, value }: Envelope): number => contract.timeOf(value)
