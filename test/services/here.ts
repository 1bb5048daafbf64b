import { prepareService, type ServiceName } from '../../services/index.ts'
import {
  KAFKA_VERSION_DEFAULT,
  KAFKA_VERSIONS,
  ServiceUnavailable,
  type KafkaVersion,
} from '../../services/port.ts'

/** Where services are asked for, a test that lacks one fails rather than being left out. */
const areRequired = process.env['CI'] === 'true' || process.env['FRESHET_REQUIRE_SERVICES'] === '1'

/**
 * Why a service cannot be had on this machine; undefined where it can. What was never downloaded is downloaded
 * now. Throws where services are required (`CI=true` or `FRESHET_REQUIRE_SERVICES=1`).
 */
export const missing = async (name: ServiceName, version?: KafkaVersion): Promise<string | undefined> => {
  try {
    await prepareService(name, version)
    return undefined
  } catch (error) {
    if (areRequired || !(error instanceof ServiceUnavailable)) throw error
    return `left out, for ${name} cannot be had here: ${error.message}`
  }
}

const areAllVersions = process.env['FRESHET_KAFKA_VERSIONS'] === 'all'

/**
 * Versions of Kafka to test with: all where services are required or `FRESHET_KAFKA_VERSIONS=all` asks for them, else
 * one, for a person's time.
 */
export const testedKafkaVersions: readonly KafkaVersion[] =
  areRequired || areAllVersions ? KAFKA_VERSIONS : [KAFKA_VERSION_DEFAULT]

/** Those whose brokers are killed, which takes a minute each: one, but where all are asked for. */
export const killedKafkaVersions: readonly KafkaVersion[] = areAllVersions
  ? KAFKA_VERSIONS
  : [KAFKA_VERSION_DEFAULT]

/** Starting several Java processes on a busy machine takes its time. */
export const START_MS_MAX = 240_000
