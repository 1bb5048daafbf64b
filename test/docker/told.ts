import { Registry } from 'prom-client'
import { tellLearning } from '../../cli/learning/metrics.ts'
import { PrometheusMetrics } from '../../cli/metrics.ts'
import { tellRemote } from '../../cli/remote/metrics.ts'
import { tellModels, tellServing, tellShadow } from '../../cli/serving/metrics.ts'
import { PrometheusStageMetrics } from '../../cli/stage-metrics.ts'
import { tellCarrying } from '../../cli/worker/carrying.ts'

const OF_A_LOOK = 'for a look at one process, by /metrics'
const BY_COMMANDS = '`freshet model` and `freshet train` show it'

/** What processes tell and neither dashboard nor alerts ask for, with why. */
export const NOT_WATCHED: Readonly<Record<string, string>> = {
  freshet_emitted_records_total: OF_A_LOOK,
  freshet_timers_fired_total: OF_A_LOOK,
  freshet_pending_timers: OF_A_LOOK,
  freshet_output_sums_bytes: OF_A_LOOK,
  freshet_feeds_waiting: 'how long they wait is the stage `turn` of freshet_feed_stage_ms',
  freshet_rows_expired_total: OF_A_LOOK,
  freshet_processor_counts_total: OF_A_LOOK,
  freshet_commits_total: 'freshet_commit_ms counts them too',
  freshet_batch_events: OF_A_LOOK,
  freshet_feed_stage_candidates: 'answers say it of each feed',
  freshet_feed_removed_total: 'answers say it of each feed',
  freshet_feed_session_bytes: 'bounded; freshet_feed_sessions is on the dashboard',
  freshet_impression_failures: 'they are tried again; what is lost raises an alert',
  freshet_ranking_samples_written: OF_A_LOOK,
  freshet_ranking_samples_dropped: 'any of them may be lost',
  freshet_retrieval_posts: OF_A_LOOK,
  freshet_near_cache_rows: 'bounded by serving.nearCacheRows',
  freshet_shadow_pages: BY_COMMANDS,
  freshet_shadow_pages_dropped: BY_COMMANDS,
  freshet_shadow_failures: BY_COMMANDS,
  freshet_shadow_head_ratio: BY_COMMANDS,
  freshet_model_auc: 'freshet_learning_auc is on the dashboard',
  freshet_learning_log_loss: BY_COMMANDS,
  freshet_learning_normalised_entropy: BY_COMMANDS,
  freshet_learning_calibration: 'freshet_model_calibration is on the dashboard',
  freshet_learning_positives: BY_COMMANDS,
  freshet_learning_mean_absolute_error: BY_COMMANDS,
  freshet_learning_explained: BY_COMMANDS,
  freshet_learning_others_loss: BY_COMMANDS,
  freshet_learning_others_kept: BY_COMMANDS,
  freshet_learning_others_match: BY_COMMANDS,
  freshet_learning_others_examples: BY_COMMANDS,
  freshet_learning_examples: 'freshet_learning_steps is on the dashboard',
  freshet_learning_snapshots: BY_COMMANDS,
  freshet_learning_snapshots_served: BY_COMMANDS,
  freshet_learning_unsettled_forgotten: OF_A_LOOK,
}

/** Names of Freshet's own metrics, of every role; no process need run, for nothing is asked for its value. */
export const toldByCode = (): readonly string[] => {
  const { registry } = new PrometheusMetrics()
  const nobody = {} as never
  const registers: readonly ((registry: Registry) => unknown)[] = [
    (to) => new PrometheusStageMetrics(to),
    (to) => tellServing(to, nobody),
    (to) => tellShadow(to, nobody),
    (to) => tellModels(to, nobody, nobody),
    (to) => tellLearning(to, nobody),
    (to) => tellRemote(to, nobody),
    (to) => tellCarrying(to, nobody),
  ]
  for (const register of registers) register(registry)
  return registry
    .getMetricsAsArray()
    .map(({ name }) => name)
    .filter((name) => name.startsWith('freshet_'))
}

const HISTOGRAM_PARTS = /_(?:bucket|sum|count)$/
const whole = (name: string): string => name.replace(HISTOGRAM_PARTS, '')

/** Of metrics that are told, those that nobody asks for, by themselves or by a part of a histogram. */
export const unwatched = (
  told: readonly string[],
  asked: readonly string[],
  leftOut: Readonly<Record<string, string>> = NOT_WATCHED,
): readonly string[] => {
  const known = new Set([...asked, ...Object.keys(leftOut)].map(whole))
  return told.filter((name) => !known.has(whole(name)))
}
