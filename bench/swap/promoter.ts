import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../../cli/runtime/clock.ts'
import { openRegistry } from '../../cli/serving/models.ts'

/** What a trainer does to what serves, from a process of its own: promotes one version after the other. */
interface Order {
  readonly data: string
  readonly versions: readonly string[]
  readonly everyMs: number
}

process.once('message', (order: Order) => void promote(order))

/** Until the process is ended. */
const promote = async ({ data, versions, everyMs }: Order): Promise<void> => {
  const registry = await openRegistry(data, systemClock)
  for (let turn = 0; ; turn++) {
    await registry.promote('heavy', versions[turn % versions.length]!, { reason: 'its turn' })
    await pause(everyMs)
  }
}
