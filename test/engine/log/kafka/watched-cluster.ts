import type { API } from '@platformatic/kafka'
import { Cluster } from '../../../../engine/log/kafka/cluster.ts'
import { loadLibrary } from '../../../../engine/log/kafka/library.ts'
import type { KafkaLogOptions } from '../../../../engine/log/kafka/options.ts'

export interface Asked {
  readonly broker: number
  readonly lane: string
  /** One of the library's. */
  readonly api: unknown
  readonly args: readonly unknown[]
}

/** Real brokers, with whoever tests between the questions to them and their answers. */
export class WatchedCluster extends Cluster {
  /** Asks, or does something before it or after it. */
  around = <Answer>(_asked: Asked, ask: () => Promise<Answer>): Promise<Answer> => ask()

  /** One that knows where partitions lie. */
  static async refreshed(options: KafkaLogOptions): Promise<WatchedCluster> {
    const cluster = new WatchedCluster(await loadLibrary(), options)
    await cluster.refresh()
    return cluster
  }

  override async ask<Args extends unknown[], Answer>(
    broker: number,
    lane: string,
    api: API<Args, Answer>,
    ...args: Args
  ): Promise<Answer> {
    return this.around({ broker, lane, api, args }, () => super.ask(broker, lane, api, ...args))
  }

  /** Of what a transaction asks, that alone is not asked by one of the library's. */
  isProduce({ api }: Asked): boolean {
    const { initProducerIdV4, addPartitionsToTxnV3, endTxnV3, describeTransactionsV0, describeProducersV0 } =
      this.library
    const ofLibrary = [
      initProducerIdV4,
      addPartitionsToTxnV3,
      endTxnV3,
      describeTransactionsV0,
      describeProducersV0,
    ]
    return !ofLibrary.some((each) => Object.is(api, each.api))
  }

  isBeginOfTransaction({ api }: Asked): boolean {
    return Object.is(api, this.library.addPartitionsToTxnV3.api)
  }

  isEndOfTransaction({ api }: Asked): boolean {
    return Object.is(api, this.library.endTxnV3.api)
  }

  /** An end that is to commit: the last of what it says. */
  isCommit(asked: Asked): boolean {
    return this.isEndOfTransaction(asked) && asked.args.at(-1) === true
  }
}
