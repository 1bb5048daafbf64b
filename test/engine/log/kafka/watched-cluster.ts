import type { API } from '@platformatic/kafka'
import { Cluster } from '../../../../engine/log/kafka/cluster.ts'
import { loadLibrary } from '../../../../engine/log/kafka/library.ts'
import type { KafkaLogOptions } from '../../../../engine/log/kafka/options.ts'

export interface Asked {
  readonly lane: string
  /** One of the library's. */
  readonly api: unknown
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
    return this.around({ lane, api }, () => super.ask(broker, lane, api, ...args))
  }

  /** Of what a transaction asks, that alone is not asked by one of the library's. */
  isProduce({ api }: Asked): boolean {
    const { initProducerIdV4, addPartitionsToTxnV3, endTxnV3 } = this.library
    return ![initProducerIdV4, addPartitionsToTxnV3, endTxnV3].some((each) => Object.is(api, each.api))
  }

  isEndOfTransaction({ api }: Asked): boolean {
    return Object.is(api, this.library.endTxnV3.api)
  }
}
