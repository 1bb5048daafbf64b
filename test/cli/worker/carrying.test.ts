import { expect, test } from 'vitest'
import { readSettings } from '../../../cli/config/read.ts'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { workerSettingsOf } from '../../../cli/worker/carrying.ts'
import { fleetLogOptions } from '../../../cli/worker/fleet-log.ts'
import { WORKER_SETTINGS_DEFAULTS, type WorkerSettings } from '../../../cli/worker/settings.ts'
import { stateOptionsFor } from '../../../cli/worker/start.ts'
import { ownCodecs } from '../../../cli/runtime/publisher.ts'
import { KAFKA_DEFAULTS } from '../../../engine/log/kafka/options.ts'
import { NO_METRICS } from '../../../engine/metrics.ts'
import { WORKER_DEFAULTS } from '../../../engine/worker.ts'

const MIB = 2 ** 20

const settingsOf = async (environment: Readonly<Record<string, string>>): Promise<WorkerSettings> => {
  const { settings } = await readSettings({
    environment: { FRESHET_KAFKA_BROKERS: 'here:1', ...environment },
  })
  const schemas = { inputs: undefined, codecs: ownCodecs }
  const parts = { settings, schemas, clock: systemClock, metrics: NO_METRICS, failed: () => undefined }
  return workerSettingsOf(parts, () => undefined)
}

test('a worker is as patient, commits as often and remembers as much as its settings say', async () => {
  const settings = await settingsOf({
    FRESHET_WORKER_HEARTBEAT_MS: '1000',
    FRESHET_WORKER_MISSED_HEARTBEATS_MAX: '5',
    FRESHET_WORKER_COMMIT_INTERVAL_MS: '250',
    FRESHET_WORKER_CACHE_BYTES_MAX: String(960 * MIB),
    FRESHET_WORKER_CHANGELOG_BYTES_MAX: String(240 * MIB),
    FRESHET_KAFKA_TRANSACTION_MS_MAX: '30000',
  })
  expect(settings).toMatchObject({
    heartbeatMs: 1_000,
    missedHeartbeatsMax: 5,
    worker: { commitIntervalMs: 250, idleCommitIntervalMs: 250 },
  })
  expect(fleetLogOptions(settings).transactionMsMax).toBe(30_000)
  const share = { cacheBytesMax: 32 * MIB, changelogBytesMax: 8 * MIB }
  expect(stateOptionsFor(30, settings)).toMatchObject(share)
  const least = { cacheBytesMax: 16 * MIB, changelogBytesMax: 4 * MIB }
  expect(stateOptionsFor(1_000, settings)).toMatchObject(least)
})

test('a worker of which nothing is said has the defaults', async () => {
  expect(await settingsOf({})).toMatchObject({
    heartbeatMs: WORKER_SETTINGS_DEFAULTS.heartbeatMs,
    missedHeartbeatsMax: WORKER_SETTINGS_DEFAULTS.missedHeartbeatsMax,
    cacheBytesMax: WORKER_SETTINGS_DEFAULTS.cacheBytesMax,
    changelogBytesMax: WORKER_SETTINGS_DEFAULTS.changelogBytesMax,
    transactionMsMax: KAFKA_DEFAULTS.transactionMsMax,
    worker: { commitIntervalMs: WORKER_DEFAULTS.commitIntervalMs },
  })
})
