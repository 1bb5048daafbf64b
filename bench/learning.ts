/**
 * People of a world load their feeds from a Freshet that learns from what they do, in simulated time: every step of
 * ten minutes is taken in, learned and served before the next one, so that nothing hangs on how fast the machine is.
 * The first half of the days only warms up; figures are of the second half.
 *
 * `auc` is of each head on the posts that were looked at, foreseen before it was learned: `online` by the model that
 * learns (and served every ten minutes), `hourly` and `daily` by what it was at the last full hour and day, `prior` by
 * what it began with; `waiting` by one that learns each post once, when its slate has settled; `oracle` by the world's
 * own probabilities. All of them on the same examples.
 *
 * `light_kept_top25` is of the light ranker that learns beside, with the heavy one that has learned as its teacher.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EvaluationRuntime } from '../cli/evaluate/runtime.ts'
import { patientAlarm } from '../cli/runtime/alarm.ts'
import { systemClock } from '../cli/runtime/clock.ts'
import { MODELS_DIRECTORY } from '../cli/serving/models.ts'
import { serveSnapshot } from '../cli/serving/serve-snapshot.ts'
import { openServing, type Serving } from '../cli/serving/open.ts'
import type { HeadReports } from '../models/metrics/progressive.ts'
import { writePriors } from '../models/prior/snapshots.ts'
import { DEFAULT_LEARNER, type LearnerOptions } from '../models/training/learner.ts'
import { segmentBit } from '../models/training/segments.ts'
import { READ_BYTES_MAX, type TopicSource, type TrainingTopic } from '../models/training/topic-source.ts'
import { DEFAULT_TRAINER, type SnapshotOffer, Trainer } from '../models/training/trainer.ts'
import { DEFAULT_VALUE_MODEL, type ValueModelConfig } from '../models/value-model.ts'
import type { Example } from '../schemas/examples/index.ts'
import { DAY_MS, HOUR_MS } from '../schemas/ids.ts'
import { NO_STAGE_METRICS } from '../serving/pipeline/metrics.ts'
import { RANKING_DEFAULTS, type RankingConfig } from '../serving/rules/config.ts'
import { Driver, DRIVER_DEFAULTS } from '../world/driver/driver.ts'
import { Ledger, type WorldReport } from '../world/oracle/ledger.ts'
import type { FeedWitness } from '../world/oracle/witness.ts'
import { WORLD_DEFAULTS } from '../world/parameters.ts'
import { World } from '../world/world.ts'
import { figuresOf } from './learning/figures.ts'
import { ExampleReader } from './learning/examples.ts'
import { JudgedLight } from './learning/judged-light.ts'
import { LocalApi } from './learning/local-api.ts'
import { StandingModel } from './learning/standing-model.ts'
import { WaitingModel } from './learning/waiting-model.ts'
import { WholeRanker } from './light/whole-ranking.ts'
import { rounded } from './rounded.ts'
import { type Rank, rankBy, VariantsApi, VariantWorths } from './variants.ts'
import { worldWeights } from './world-weights.ts'

export interface LearningBenchOptions {
  readonly users: number
  /** Posts and impressions that are aimed at over the days that are served. */
  readonly posts: number
  readonly impressions: number
  readonly days: number
  readonly seed: number
  /** Chance a day that somebody's favourite subject becomes another one. */
  readonly drift: number
  /** What learns; null: nothing does, the prior serves. */
  readonly learner: LearnerOptions | null
  readonly config: RankingConfig
  /** Nothing learns, whatever `learner` says: what the prior's feeds are worth in the same world. */
  readonly prior: boolean
  /** Says now and then how far it is. */
  readonly told: (line: string) => void
  /** Hears every example, in order. */
  readonly heard: (example: Example) => void
}

/** Tables as large as worlds need. */
const LEARNER: LearnerOptions = { ...DEFAULT_LEARNER, tableRows: [2 ** 13, 2 ** 13, 2 ** 12, 2 ** 12] }

export const LEARNING_BENCH_DEFAULTS: LearningBenchOptions = {
  users: 300,
  posts: 3_000,
  impressions: 80_000,
  days: 6,
  seed: 1,
  drift: WORLD_DEFAULTS.driftPerDay,
  learner: LEARNER,
  config: RANKING_DEFAULTS,
  prior: false,
  told: () => undefined,
  heard: () => undefined,
}

const HISTORY_DAYS = 1
const EVALUATE_ONE_IN = 20
const PASSIVE_ONE_IN = 5
const SERVED = 'as served'
const NO_PASSIVE_HEADS = 'without dwell and skip'
const HABITUAL_SHARE = 0.95
/** Examples that models are compared on, at most: the last ones. */
const WINDOW = 2 ** 19

export const about = 'What models learn in a world, in simulated time, beside ones that do not.'

export const run = async (given: Partial<LearningBenchOptions> = {}): Promise<object> => {
  const all = { ...LEARNING_BENCH_DEFAULTS, ...given }
  const options = all.prior ? { ...all, learner: null } : all
  const directory = await mkdtemp(join(tmpdir(), 'freshet-learning-'))
  const runtime = await EvaluationRuntime.open(directory, systemClock)
  try {
    const serving = await openServing({
      backend: runtime.embedded,
      data: directory,
      clock: systemClock,
      metrics: NO_STAGE_METRICS,
      config: options.config,
      alarm: patientAlarm,
    })
    try {
      return await new LearningRun(options, runtime, serving, directory).run()
    } finally {
      await serving.close()
    }
  } finally {
    await runtime.close()
    await rm(directory, { recursive: true, force: true })
  }
}

/** One world that is served by what learns from it. */
class LearningRun {
  private readonly options: LearningBenchOptions
  private readonly runtime: EvaluationRuntime
  private readonly serving: Serving
  private readonly directory: string
  private readonly world: World
  private readonly reader: ExampleReader
  private offered: SnapshotOffer | undefined
  private swaps = 0

  constructor(
    options: LearningBenchOptions,
    runtime: EvaluationRuntime,
    serving: Serving,
    directory: string,
  ) {
    const { users, posts, impressions, days, seed, drift } = options
    this.options = options
    this.runtime = runtime
    this.serving = serving
    this.directory = directory
    this.reader = new ExampleReader(runtime.embedded.log)
    this.world = new World({
      ...WORLD_DEFAULTS,
      users,
      seed,
      driftPerDay: drift,
      postsPerUserDay: posts / users / days,
      feedsPerUserDay: impressions / (HABITUAL_SHARE * DRIVER_DEFAULTS.limit) / users / days,
    })
  }

  async run(): Promise<object> {
    const { options, world } = this
    const whole = new WholeRanker(this.runtime.embedded, this.serving)
    const light = new JudgedLight(new LocalApi(this.runtime, this.serving), whole)
    const api = new VariantsApi(light, {
      variants: this.passiveVariants(),
      oneIn: PASSIVE_ONE_IN,
      asksAbout: (userId) => world.people.isPassive[world.people.ids.indexOf(userId)] === 1,
    })
    const driver = new Driver(world, api)
    await driver.open()
    await driver.history(world.now + HISTORY_DAYS * DAY_MS)
    const models = await this.models()
    const began = world.now
    const half = began + (options.days / 2) * DAY_MS
    const started = systemClock.monotonicMs()
    const warm = await this.span(driver, models, half)
    for (const { metrics } of foreseeing(models)) metrics.clear()
    models.trainer?.learner.metrics.clear()
    light.begin()
    const passive = new VariantWorths(world, api, this.valueModel)
    const measured = await this.span(driver, models, began + options.days * DAY_MS, passive)
    const seconds = (systemClock.monotonicMs() - started) / 1_000
    const report = await this.report(models, measured)
    await models.trainer?.dispose()
    await models.waiting?.dispose()
    for (const model of Object.values(models.standing)) await model.dispose()
    return {
      users: options.users,
      days: options.days,
      seed: options.seed,
      drift: world.parameters.driftPerDay,
      posts: world.posts.count,
      impressions: warm.impressions + measured.impressions,
      looked_at: warm.looked_at + measured.looked_at,
      seconds: rounded(seconds, 1),
      swaps: this.swaps,
      ...report,
      ...light.figures(),
      ev_share: measured.ev_share,
      ev_share_passive: measured.ev_share_passive,
      passive_heads: {
        feeds: passive.feeds(SERVED),
        ev_share_with: passive.shareOf(SERVED),
        ev_share_without: passive.shareOf(NO_PASSIVE_HEADS),
        ...passive.gainOf(SERVED, NO_PASSIVE_HEADS),
      },
      ev_share_by_day: [...warm.ev_share_by_day, ...measured.ev_share_by_day],
      forbidden: warm.forbidden + measured.forbidden,
    }
  }

  private get valueModel(): ValueModelConfig {
    return this.options.config.valueModel ?? DEFAULT_VALUE_MODEL
  }

  /** What serves, and the same without the heads that say what people do who never do more than look. */
  private passiveVariants(): ReadonlyMap<string, Rank> {
    const { features, rows } = this.runtime.embedded
    const { config } = this.options
    const { weights } = this.valueModel
    const without = {
      ...this.valueModel,
      version: 'no-dwell-no-skip',
      weights: { ...weights, dwell: 0, skip: 0 },
    }
    const parts = { features, rows, serving: this.serving }
    return new Map([
      [SERVED, rankBy(parts, config)],
      [NO_PASSIVE_HEADS, rankBy(parts, { ...config, valueModel: without })],
    ])
  }

  private async models(): Promise<Models> {
    const root = join(this.directory, MODELS_DIRECTORY)
    const { heavy } = await writePriors(root)
    const open = (): Promise<StandingModel> => StandingModel.open(heavy.directory, WINDOW)
    const standing = { hourly: await open(), daily: await open(), prior: await open() }
    const { learner } = this.options
    if (learner === null) return { trainer: undefined, waiting: undefined, standing }
    const { log } = this.runtime.embedded
    const sourceOf = (topic: TrainingTopic): TopicSource => ({
      partitions: 1,
      read: (partition, offset) => log.read(topic, partition, offset, READ_BYTES_MAX),
    })
    const trainer = await Trainer.open(
      {
        examples: sourceOf('examples'),
        samples: sourceOf('ranking-samples'),
        checkpoints: join(this.directory, 'learning'),
        snapshots: root,
        clock: systemClock,
        // Everything learned serves, whatever there is to compare it with.
        live: async () => null,
        offer: (offer) => this.take(offer),
      },
      {
        ...DEFAULT_TRAINER,
        learner: { ...learner, window: WINDOW },
        snapshotExamples: Infinity,
        snapshotMs: Infinity,
      },
    )
    const places = {
      prior: heavy.directory,
      checkpoints: join(this.directory, 'waiting'),
      snapshots: join(this.directory, 'waiting-snapshots'),
    }
    const waiting = await WaitingModel.open(places, { ...learner, window: WINDOW }, WINDOW)
    return { trainer, waiting, standing }
  }

  private async take(offer: SnapshotOffer): Promise<void> {
    await serveSnapshot(this.serving.models, offer, 'learned in a world')
    if (offer.manifest.model === 'heavy') this.offered = offer
    this.swaps++
  }

  private async span(
    driver: Driver,
    models: Models,
    until: number,
    beside?: FeedWitness,
  ): Promise<WorldReport> {
    const { world } = this
    const weights = worldWeights(this.valueModel)
    const ledger = new Ledger(world, {
      weights,
      evaluateOneIn: EVALUATE_ONE_IN,
      limit: DRIVER_DEFAULTS.limit,
    })
    while (world.now < until) {
      const before = world.now
      await driver.step(Math.min(until, before + DRIVER_DEFAULTS.stepMs), bothOf(ledger, beside))
      await this.learn(models, before, world.now)
      if (passed(before, world.now, HOUR_MS * 6)) this.tell(ledger, models)
    }
    return ledger.report()
  }

  private async learn({ trainer, waiting, standing }: Models, before: number, now: number): Promise<void> {
    const all = [...Object.values(standing), ...(waiting === undefined ? [] : [waiting])]
    await this.reader.each(async (example) => {
      this.options.heard(example)
      for (const model of all) await model.take(example)
    })
    if (trainer === undefined || (await trainer.catchUp()) === 0) return
    await trainer.snapshot()
    await waiting?.replace()
    if (this.offered === undefined) return
    if (passed(before, now, HOUR_MS)) await standing.hourly.replace(this.offered.directory)
    if (passed(before, now, DAY_MS)) await standing.daily.replace(this.offered.directory)
  }

  private tell(ledger: Ledger, { trainer, standing }: Models): void {
    const { impressions, ev_share, oracle_auc } = ledger.report()
    const day = ((this.world.now - this.world.parameters.startAt) / DAY_MS).toFixed(2)
    const aucOf = (reports: HeadReports | undefined, head: string): string => {
      const report = reports?.[head]
      return report?.kind === 'probability' ? (report.auc ?? 0).toFixed(3) : '-'
    }
    const online = trainer?.learner.metrics.report()
    const prior = standing.prior.metrics.report()
    this.options.told(
      `day ${day}: ${impressions} impressions, ev ${ev_share.freshet ?? 0}, ` +
        ['click', 'like', 'skip']
          .map((head) => `${head} ${aucOf(online, head)}/${aucOf(prior, head)}/${oracle_auc[head] ?? 0}`)
          .join(' '),
    )
  }

  private async report(models: Models, measured: WorldReport): Promise<object> {
    const { trainer, waiting, standing } = models
    await trainer?.learner.flush()
    for (const model of foreseeing(models)) await model.flush()
    const online = trainer?.learner.metrics
    return {
      oracle_auc: measured.oracle_auc,
      models: {
        ...(online && { online: figuresOf(online.report()) }),
        ...(waiting && { waiting: figuresOf(waiting.foreseeing.metrics.report()) }),
        ...Object.fromEntries(
          Object.entries(standing).map(([name, { metrics }]) => [name, figuresOf(metrics.report())]),
        ),
        ...(online && {
          online_passive: figuresOf(online.report('learner', segmentBit('passive_viewers'))),
          online_active: figuresOf(online.report('learner', segmentBit('active_viewers'))),
        }),
      },
    }
  }
}

interface Models {
  readonly trainer: Trainer | undefined
  readonly waiting: WaitingModel | undefined
  readonly standing: Readonly<Record<'hourly' | 'daily' | 'prior', StandingModel>>
}

/** All that foresee beside the trainer. */
const foreseeing = ({ waiting, standing }: Models): readonly StandingModel[] => [
  ...Object.values(standing),
  ...(waiting === undefined ? [] : [waiting.foreseeing]),
]

const bothOf = (ledger: Ledger, beside: FeedWitness | undefined): FeedWitness => ({
  served: (visitor, posts) => {
    ledger.served(visitor, posts)
    beside?.served(visitor, posts)
  },
  forbidden: (visitor, postId) => ledger.forbidden(visitor, postId),
  looked: (model, happened, dwellMs) => ledger.looked(model, happened, dwellMs),
})

/** Whether a full hour, or day, lies between two times. */
const passed = (before: number, now: number, everyMs: number): boolean =>
  Math.floor(before / everyMs) < Math.floor(now / everyMs)
