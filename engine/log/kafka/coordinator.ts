import type { Cluster } from './cluster.ts'
import { BrokerError, hasMoved, NO_ANSWER } from './failures.ts'
import type { Place } from './names.ts'
import type { Producer } from './record-batch.ts'

/** How a transaction ends. */
export type Ending = 'commit' | 'take back'

/** Where an id's last transaction wrote, as far as it is known, and how it ended or is to end. */
export interface LastTransaction {
  readonly places: readonly Place[]
  readonly ending: Ending
}

/** There was none, or nothing is known of it any more. */
export const NO_TRANSACTION: LastTransaction = { places: [], ending: 'take back' }
/** Of the coordinator's names for states, those of what was asked to be committed. */
const COMMITTED = new Set(['PrepareCommit', 'CompleteCommit'])
/** Said of a transactional id that was never used, or not for long. */
const NEVER_HEARD_OF = 'TRANSACTIONAL_ID_NOT_FOUND'
/** Said where no transaction is under way. */
const NOTHING_TO_END = 'INVALID_TXN_STATE'

/** The broker that keeps the state of one transactional id, whichever it is now. Methods throw an `EngineError`. */
export class TransactionCoordinator {
  private readonly cluster: Cluster
  private readonly lane: string
  private readonly id: string
  private readonly timeoutMs: number
  private broker: number | undefined

  constructor(cluster: Cluster, lane: string, transactionalId: string, timeoutMs: number) {
    this.cluster = cluster
    this.lane = lane
    this.id = transactionalId
    this.timeoutMs = timeoutMs
  }

  /** What became, or is to become, of the id's last transaction, whoever began it. */
  async lastTransaction(): Promise<LastTransaction> {
    const { describeTransactionsV0 } = this.cluster.library
    const answer = await this.ask((broker) =>
      this.cluster.ask(broker, this.lane, describeTransactionsV0.api, [this.id]).catch(unlessNeverHeardOf),
    )
    const last = answer?.transactionStates[0]
    if (last === undefined) return NO_TRANSACTION
    const places = last.topics.flatMap(({ topic, partitions }) =>
      partitions.map((partition): Place => ({ topic, partition })),
    )
    return { places, ending: COMMITTED.has(last.transactionState) ? 'commit' : 'take back' }
  }

  /**
   * The next epoch; the first of an owner that has none. Answered once the transaction before is over: it is taken
   * back unless its end was asked for. Throws `FENCED` when another owner has a later one.
   */
  async raise({ id, epoch }: Producer): Promise<Producer> {
    const { initProducerIdV4 } = this.cluster.library
    const answer = await this.ask((broker) =>
      this.cluster.ask(broker, this.lane, initProducerIdV4.api, this.id, this.timeoutMs, id, epoch),
    )
    return { id: answer.producerId, epoch: answer.producerEpoch, isTransactional: true }
  }

  /** Lets partitions into the transaction. The first begins it, and is answered once the one before is over. */
  async add({ id: producerId, epoch: producerEpoch }: Producer, places: readonly Place[]): Promise<void> {
    const topics = [...Map.groupBy(places, ({ topic }) => topic)].map(([name, ofTopic]) => ({
      name,
      partitions: ofTopic.map(({ partition }) => partition),
    }))
    const transaction = { transactionalId: this.id, producerId, producerEpoch, verifyOnly: false, topics }
    const { addPartitionsToTxnV3 } = this.cluster.library
    await this.ask((broker) => this.cluster.ask(broker, this.lane, addPartitionsToTxnV3.api, [transaction]))
  }

  /**
   * Never asked again without an answer: a request that is late, and not lost, would end the next transaction of this
   * epoch, whatever of it is written by then. Throws a `BrokerError` instead.
   */
  async end(producer: Producer, ending: Ending): Promise<void> {
    const unheard = await this.ask((broker) => this.askEnd(broker, producer, ending).catch(unlessAnswered))
    if (unheard === undefined) return
    this.broker = undefined
    throw unheard
  }

  /**
   * Asks for the commit again until there is an answer. Only for who raises the epoch next, which has one that comes
   * late refused. A transaction that is over is left as it is.
   */
  async commitAtLast(producer: Producer): Promise<void> {
    await this.ask((broker) => this.askEnd(broker, producer, 'commit').catch(unlessOver))
  }

  private async askEnd(broker: number, { id, epoch }: Producer, ending: Ending): Promise<undefined> {
    const { endTxnV3 } = this.cluster.library
    await this.cluster.ask(broker, this.lane, endTxnV3.api, this.id, id, epoch, ending === 'commit')
  }

  private ask<Answer>(ask: (broker: number) => Promise<Answer>): Promise<Answer> {
    return this.cluster.persist(async () => {
      this.broker ??= await this.cluster.coordinator(this.id)
      try {
        return await ask(this.broker)
      } catch (error) {
        if (!(error instanceof BrokerError) || hasMoved(error)) this.broker = undefined
        throw error
      }
    })
  }
}

/** A failure that is no answer; throws any other. */
const unlessAnswered = (error: unknown): BrokerError => {
  if (error instanceof BrokerError && error.code === NO_ANSWER) return error
  throw error
}

const unless =
  (code: string) =>
  (error: unknown): undefined => {
    if (!(error instanceof BrokerError && error.code === code)) throw error
  }

const unlessNeverHeardOf = unless(NEVER_HEARD_OF)
const unlessOver = unless(NOTHING_TO_END)
