import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../cli/runtime/clock.ts'
import { HttpApi } from '../cli/world/http-api.ts'
import { DEFAULT_VALUE_MODEL } from '../models/value-model.ts'
import { DAY_MS } from '../schemas/ids.ts'
import { RANKING_DEFAULTS } from '../serving/rules/config.ts'
import { RULES } from '../serving/rules/index.ts'
import { Driver } from '../world/driver/driver.ts'
import { World } from '../world/world.ts'
import { type LocalServer, startLocalServer } from './local-server.ts'
import { type Rank, rankBy, VariantsApi, VariantWorths } from './variants.ts'
import { parametersOf, type WorldBenchOptions } from './world.ts'

export const RULES_BENCH_DEFAULTS: WorldBenchOptions = {
  users: 300,
  posts: 1_500,
  impressions: 24_000,
  days: 2,
  seed: 1,
}

const HISTORY_DAYS = 1
const PRICED_ONE_IN = 5
const ALL_ON = 'all on'
const ALL_OFF = 'all off'

export interface RulesBenchResult {
  /** Feeds that were ranked by every variant. */
  readonly feeds: number
  /** What feeds are worth with all rules on and off, as shares of the best possible. */
  readonly ev_share_all_on: number
  readonly ev_share_all_off: number
  /**
   * By rule: how much of the best possible worth feeds gain when it alone is turned off, in percentage points
   * (mean, and its standard error over feeds); and the share of feeds whose first page it changes.
   */
  readonly rules: Readonly<
    Record<string, { readonly price: number; readonly error: number; readonly changes: number }>
  >
}

export const about = 'What each rule of pass 2 costs a viewer, in a world.'

/**
 * What each rule of pass 2 costs a viewer. People of a world live on the feeds of the whole configuration; some
 * of them are, at the same moment and from the same candidates and scores, also ranked with one rule off.
 */
export const run = async (given: Partial<WorldBenchOptions> = {}): Promise<RulesBenchResult> => {
  const options = { ...RULES_BENCH_DEFAULTS, ...given }
  const directory = await mkdtemp(join(tmpdir(), 'freshet-rules-'))
  const server = await startLocalServer(directory, { patient: true })
  try {
    const world = new World(parametersOf(options))
    const api = new VariantsApi(new HttpApi(server.url, systemClock), {
      variants: variantsOf(server),
      oneIn: PRICED_ONE_IN,
    })
    const driver = new Driver(world, api)
    await driver.open()
    await driver.history(world.now + HISTORY_DAYS * DAY_MS)
    const worths = new VariantWorths(world, api, DEFAULT_VALUE_MODEL)
    await driver.run(world.now + options.days * DAY_MS, worths)
    return resultOf(worths)
  } finally {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

const variantsOf = ({ embedded, serving }: LocalServer): ReadonlyMap<string, Rank> => {
  const { features, rows } = embedded
  const without = (rulesOff: readonly string[]): Rank =>
    rankBy({ features, rows, serving }, { ...RANKING_DEFAULTS, rulesOff })
  const names = RULES.map(({ name }) => name)
  return new Map([
    [ALL_ON, without([])],
    [ALL_OFF, without(names)],
    ...names.map((name) => [name, without([name])] as const),
  ])
}

const resultOf = (worths: VariantWorths): RulesBenchResult => ({
  feeds: worths.feeds(ALL_ON),
  ev_share_all_on: worths.shareOf(ALL_ON),
  ev_share_all_off: worths.shareOf(ALL_OFF),
  rules: Object.fromEntries(
    RULES.map(({ name }) => {
      const { gain: price, error, changes } = worths.gainOf(name, ALL_ON)
      return [name, { price, error, changes }]
    }),
  ),
})
