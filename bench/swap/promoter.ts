import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../../cli/runtime/clock.ts'
import { openRegistry } from '../../cli/serving/models.ts'
import { REGISTERED_MODELS, type RegisteredModel } from '../../models/registry/record.ts'
import { endWithBenchmark } from '../forked.ts'

/** What a trainer does to what serves, from a process of its own: promotes one version of each model after the other. */
interface Order {
  readonly data: string
  readonly versions: Readonly<Record<RegisteredModel, readonly string[]>>
  readonly everyMs: number
}

endWithBenchmark()
process.once('message', (order: Order) => void promote(order))

/** Until the process is ended. */
const promote = async ({ data, versions, everyMs }: Order): Promise<void> => {
  const registry = await openRegistry(data, systemClock)
  process.send!('begins')
  for (let turn = 0; ; turn++) {
    for (const model of REGISTERED_MODELS) {
      const own = versions[model]
      await registry.promote(model, own[turn % own.length]!, { reason: 'its turn' })
      // As snapshots of a trainer do, they come apart.
      await pause(everyMs / REGISTERED_MODELS.length)
    }
  }
}
