import { ENGINE_ERRORS, type EngineErrorCode, type Recovery } from '../../engine/errors.ts'
import { MODEL_ERRORS, type ModelErrorCode } from '../../models/errors.ts'
import type { RegistryErrorCode } from '../../schemas/registry/errors.ts'
import type { ServingErrorCode } from '../../serving/errors.ts'
import type { CliErrorCode } from '../errors.ts'

/** The status by which HTTP answers the errors of other rooms. */

const STATUS_OF_RECOVERY: Readonly<Record<Recovery, number>> = {
  retry: 503,
  'dead-letter': 400,
  rejoin: 503,
  rebuild: 503,
  stop: 500,
}

const STATUS_OF_ENGINE: Partial<Record<EngineErrorCode, number>> = {
  DISK_FULL: 507,
  RECORD_TOO_LARGE: 413,
  CLOSED: 503,
}

export const statusOfEngine = (code: EngineErrorCode): number =>
  STATUS_OF_ENGINE[code] ?? STATUS_OF_RECOVERY[ENGINE_ERRORS[code].recovery]

const STATUS_OF_SERVING: Readonly<Record<ServingErrorCode, number>> = {
  BAD_REQUEST: 400,
  AS_OF_AHEAD: 409,
  CURSOR_INVALID: 400,
  CURSOR_FOREIGN: 403,
  REQUEST_UNKNOWN: 404,
  CONFIG_INVALID: 500,
  STAGE_FAILED: 503,
  OVERLOADED: 503,
  // Nobody reads it: told apart in metrics, by the number that proxies use for it.
  CLIENT_GONE: 499,
  CATCHING_UP: 503,
}

export const statusOfServing = (code: ServingErrorCode): number => STATUS_OF_SERVING[code]

/** What was asked for and is not there, beside what recovery says. */
const STATUS_OF_MODEL: Partial<Record<ModelErrorCode, number>> = {
  MODEL_UNKNOWN: 404,
  MODEL_GONE: 410,
  MODEL_NOTHING_EARLIER: 409,
  SHADOW_REFUSED: 409,
}

export const statusOfModel = (code: ModelErrorCode): number =>
  STATUS_OF_MODEL[code] ?? STATUS_OF_RECOVERY[MODEL_ERRORS[code].recovery]

/** What a registry refuses lies between it and this server: whoever asks is not to blame. */
const STATUS_OF_REGISTRY: Readonly<Record<RegistryErrorCode, number>> = {
  REGISTRY_UNAVAILABLE: 503,
  SCHEMA_REFUSED: 500,
}

export const statusOfRegistry = (code: RegistryErrorCode): number => STATUS_OF_REGISTRY[code]

const STATUS_OF_CLI: Partial<Record<CliErrorCode, number>> = {
  UNKNOWN_STORE: 404,
  UNKNOWN_VIEW: 404,
  UNKNOWN_LETTER: 404,
  RUN_ELSEWHERE: 421,
  NOT_REPLAYABLE: 409,
  USAGE: 400,
}

/** Undefined for what only commands end with. */
export const statusOfCli = (code: CliErrorCode): number | undefined => STATUS_OF_CLI[code]
