import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../engine/clock.ts'
import { DAY_MS, SECOND_MS } from '../../schemas/ids.ts'
import { Driver } from '../../world/driver/driver.ts'
import { Ledger, type WorldReport } from '../../world/oracle/ledger.ts'
import { WORLD_DEFAULTS } from '../../world/parameters.ts'
import type { Pace } from '../../world/time/habits.ts'
import { DEFAULT_VALUE_WEIGHTS } from '../../world/value-weights.ts'
import { World } from '../../world/world.ts'
import { HttpApi } from './http-api.ts'

/** How far back a live world's posts go. */
export const HISTORY_DAYS = 3
/** Posts a feed in a history: enough for tastes to show, few enough to start within seconds. */
const LIMIT = 10
const STEP_MS = SECOND_MS
/**
 * How much more often people come than they would: a page of a few hundred people would hardly move otherwise.
 * Of 300 people it makes about a feed every two seconds and a post every half minute.
 */
const PACE: Pace = { posts: 10, feeds: 60 }
const SEED = 7
/**
 * One feed in so many is measured against the best possible. Measuring looks at every post there is, so the more people
 * there are the rarer it is done: about three times a minute, whatever their number.
 */
const EVALUATE_ONE_IN_MIN = 10
const USERS_PER_FEED_BETWEEN = 30

/** A world that ends its history now and goes on in real time, over HTTP, until it is stopped. */
export class LiveWorld {
  readonly world: World
  private readonly driver: Driver
  private readonly clock: Clock
  private ledger: Ledger | undefined
  private stopping = false
  private running: Promise<void> = Promise.resolve()

  constructor(users: number, url: string, clock: Clock) {
    this.clock = clock
    const startAt = clock.now() - HISTORY_DAYS * DAY_MS
    this.world = new World({ ...WORLD_DEFAULTS, users, startAt, seed: SEED })
    this.driver = new Driver(this.world, new HttpApi(url, clock), { limit: LIMIT })
  }

  /** Events published so far. */
  get events(): number {
    return this.driver.events
  }

  /** What feeds were worth since the history ended; null before. */
  report(): WorldReport | null {
    return this.ledger?.report() ?? null
  }

  /** Publishes days of history; answers how many events that were. */
  async fill(): Promise<number> {
    await this.driver.open()
    await this.driver.history(this.clock.now())
    return this.driver.events
  }

  /** Goes on from now; `onFailure` is called when it cannot, and it has ended then. */
  start(onFailure: (error: unknown) => void): void {
    this.world.setPace(PACE)
    this.ledger = new Ledger(this.world, {
      weights: DEFAULT_VALUE_WEIGHTS,
      evaluateOneIn: Math.max(
        EVALUATE_ONE_IN_MIN,
        Math.ceil(this.world.people.count / USERS_PER_FEED_BETWEEN),
      ),
      limit: LIMIT,
    })
    this.running = this.live().catch((error: unknown) => {
      if (!this.stopping) onFailure(error)
    })
  }

  /** Resolves when nothing more is sent. */
  async stop(): Promise<void> {
    this.stopping = true
    await this.running
  }

  private async live(): Promise<void> {
    while (!this.stopping) {
      await pause(STEP_MS)
      if (!this.stopping) await this.driver.step(this.clock.now(), this.ledger)
    }
  }
}
