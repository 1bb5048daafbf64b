import { Gauge, type Registry } from 'prom-client'
import type { LiveWorld } from './live.ts'

/** Tells Prometheus, whenever it asks, what the feeds of a live world are worth: the world alone knows. */
export const tellWorth = (registry: Registry, world: Pick<LiveWorld, 'report'>): void => {
  const registers = [registry]
  const share: Gauge = new Gauge({
    name: 'freshet_world_ev_share',
    help: 'Expected value of rankings, by that of the best possible one: of the feeds as served (freshet), and of others of the same posts.',
    labelNames: ['ranking'],
    registers,
    collect: (): void => {
      share.reset()
      for (const [ranking, value] of Object.entries(world.report()?.ev_share ?? {}))
        if (value !== null) share.set({ ranking }, value)
    },
  })
  const gauge = (name: string, help: string, valueOf: () => number | undefined): void => {
    const made: Gauge = new Gauge({
      name: `freshet_world_${name}`,
      help,
      registers,
      collect: (): void => made.set(valueOf() ?? 0),
    })
  }
  gauge('feeds', 'Feeds that people of the world loaded.', () => world.report()?.feeds)
  gauge('feeds_evaluated', 'Of them those measured against the best.', () => world.report()?.feeds_evaluated)
  gauge(
    'forbidden_posts',
    'Posts served to somebody who may not see them: must be 0.',
    () => world.report()?.forbidden,
  )
}
