import { EngineError } from '../../errors.ts'

/**
 * What we take of @platformatic/kafka: connections (TCP, TLS, SASL) and the protocol's rarer messages. Its
 * consumer and producer are not used: its consumer lets aborted records through, its producer sends out of
 * sequence within a transaction. Reading, producing and transactions are ours, straight between frames and
 * record batches.
 */
export type KafkaLibrary = typeof import('@platformatic/kafka')

/** An optional dependency: a log on one machine does without it. */
export const loadLibrary = async (): Promise<KafkaLibrary> => {
  try {
    return await import('@platformatic/kafka')
  } catch (cause) {
    const detail = 'the Kafka client is not installed: run "npm install @platformatic/kafka"'
    throw new EngineError('CLIENT_MISSING', detail, { cause })
  }
}
