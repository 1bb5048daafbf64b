import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EmbeddedLog } from '../../engine/log/embedded.ts'
import { Database } from '../../engine/storage/database.ts'
import { openSession } from '../../models/scoring/open-session.ts'
import type { ScoringSession } from '../../models/scoring/session.ts'
import type { TopicSource } from '../../models/training/topic-source.ts'
import { type ValueModelConfig, ValueModel } from '../../models/value-model.ts'
import { RANKING_DEFAULTS } from '../../serving/rules/config.ts'
import { readSettings } from '../../serving/rules/settings.ts'
import { CliError, systemCodeOf } from '../errors.ts'
import { logSource } from '../learning/log-source.ts'
import { RemoteLearning } from '../learning/remote-learning.ts'
import { recordLike } from '../models/admin.ts'
import { systemClock } from '../runtime/clock.ts'
import { contentOf } from '../runtime/open.ts'
import { openRegistry } from '../serving/models.ts'
import { RANKING_FILE } from '../serving/ranking-file.ts'
import { grouped, print, printJson, Progress } from '../terminal.ts'
import { PlaceReader, type ReadPlaces } from './places.ts'
import { Policy } from './policy.ts'
import { reportOf, reportText } from './report.ts'

export interface OffPolicyOptions {
  readonly data: string
  /** Of a running server, whose data directory counts. */
  readonly url?: string
  /** A file such as ranking.json; that of the data directory where absent. */
  readonly ranking?: string
  /** A version of the heavy ranker, or how it begins; heads are as they were served where absent. */
  readonly model?: string
  readonly json?: boolean
}

/** What `freshet off-policy` does. */
export const runOffPolicy = async (options: OffPolicyOptions): Promise<void> => {
  const { url } = options
  if (url !== undefined) {
    const remote = new RemoteLearning(url)
    const { data, partitions } = await remote.about()
    const read = (partition: number, offset: number) => remote.read('examples', partition, offset)
    return estimate({ ...options, data }, { partitions: partitions.examples, read })
  }
  const { data } = options
  if ((await contentOf(data)) !== 'data') throw new CliError('NO_DATA', `"${data}" is no data directory`)
  const database = await Database.open(data)
  try {
    const log = await EmbeddedLog.open(database, { clock: () => systemClock.now() })
    await estimate(options, logSource(log)('examples'))
    await log.close()
  } finally {
    await database.close()
  }
}

const estimate = async (options: OffPolicyOptions, source: TopicSource): Promise<void> => {
  const { data, json } = options
  const valueModel = new ValueModel(await valueModelOf(options))
  const session = options.model === undefined ? null : await openModel(data, options.model)
  try {
    const places = await readAll(new PlaceReader(new Policy(valueModel, session), source))
    const asked = { value_model: valueModel.config.version, model: session?.manifest.version ?? null }
    const report = reportOf(places, asked)
    if (json) printJson(report)
    else print(reportText(report))
  } finally {
    await session?.dispose()
  }
}

const readAll = async (reader: PlaceReader): Promise<ReadPlaces> => {
  const progress = new Progress(() => systemClock.monotonicMs())
  try {
    return await reader.read((examples) => progress.update(() => `${grouped(examples)} examples`))
  } finally {
    progress.clear()
  }
}

/** Of everybody outside of experiments. A file that was asked for must be there; a data directory may have none. */
const valueModelOf = async ({ data, ranking }: OffPolicyOptions): Promise<ValueModelConfig> => {
  const path = ranking ?? join(data, RANKING_FILE)
  try {
    return readSettings(await readFile(path, 'utf8')).config.valueModel
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error
    if (ranking !== undefined) throw new CliError('FILE_UNREADABLE', path, { cause: error })
    return RANKING_DEFAULTS.valueModel
  }
}

const openModel = async (data: string, version: string): Promise<ScoringSession> => {
  const registry = await openRegistry(data, systemClock)
  return openSession(registry.directoryOf(recordLike(await registry.list('heavy'), version)), 'heavy')
}
