import { EngineError } from '../../errors.ts'

/** What a broker answers instead of what was asked, by the protocol's own name; or that nobody answered. */
export class BrokerError extends Error {
  readonly code: string

  constructor(code: string, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options)
    this.name = 'BrokerError'
    this.code = code
  }
}

/** The connection broke or the answer did not come: whether the request took effect is not known. */
export const NO_ANSWER = 'NO_ANSWER'

/** Another broker is to be asked: leaders or coordinators have moved. */
const MOVED = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'REPLICA_NOT_AVAILABLE',
  'BROKER_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  // A topic just created is not known everywhere at once.
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  NO_ANSWER,
])

/** The last transaction's markers are being written: a matter of milliseconds. */
export const CONCURRENT_TRANSACTIONS = 'CONCURRENT_TRANSACTIONS'

/** The same request is to be sent again, somewhat later. */
const BUSY = new Set([
  'COORDINATOR_LOAD_IN_PROGRESS',
  CONCURRENT_TRANSACTIONS,
  'REQUEST_TIMED_OUT',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NETWORK_EXCEPTION',
  'NOT_CONTROLLER',
  'OFFSET_NOT_AVAILABLE',
  'PREFERRED_LEADER_NOT_AVAILABLE',
  'THROTTLING_QUOTA_EXCEEDED',
  'STALE_BROKER_EPOCH',
])

/** This producer's epoch is not the newest: another has taken over, or its transaction ran out of time. */
const OUTDATED = new Set([
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'TRANSACTION_COORDINATOR_FENCED',
])

/** Only a person can mend it. */
const REFUSED =
  /AUTHORIZATION|AUTHENTICATION|SASL|UNSUPPORTED|POLICY_VIOLATION|INVALID_CONFIG|INVALID_REPLICATION/

export const hasMoved = ({ code }: BrokerError): boolean => MOVED.has(code)
export const mayPass = (error: BrokerError): boolean => hasMoved(error) || BUSY.has(error.code)

/** A failure as the engine knows it. */
export const asEngineError = (error: unknown): EngineError => {
  if (error instanceof EngineError) return error
  const cause = { cause: error }
  if (!(error instanceof BrokerError)) return new EngineError('LOG_UNAVAILABLE', String(error), cause)
  if (OUTDATED.has(error.code)) return new EngineError('FENCED', error.message, cause)
  if (REFUSED.test(error.code)) return new EngineError('LOG_REFUSED', error.message, cause)
  if (error.code === 'MESSAGE_TOO_LARGE' || error.code === 'RECORD_LIST_TOO_LARGE') {
    const advice = 'raise the topic\'s "max.message.bytes"'
    return new EngineError('LOG_REFUSED', `${error.message}: ${advice}`, cause)
  }
  return new EngineError('LOG_UNAVAILABLE', error.message, cause)
}
