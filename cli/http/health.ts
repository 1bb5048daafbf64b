import type { FastifyInstance } from 'fastify'
import type { Backend } from '../runtime/backend.ts'
import { type RouteDeclaration, routeOptions } from '../../serving/http/route.ts'
import { boolean, integer, object, oneOf, type ValueOf } from '../../serving/http/schema.ts'
import { HttpError } from './errors.ts'
import type { HttpLimits, HttpServices } from './services.ts'

/** Tells records that wait while nothing is committed from work that goes on. Asked at least every few seconds. */
export class StallWatch {
  private readonly backend: Pick<Backend, 'commits' | 'isSettled'>
  private committed = -1
  private movedAtMs: number

  constructor(backend: Pick<Backend, 'commits' | 'isSettled'>, nowMs: number) {
    this.backend = backend
    this.movedAtMs = nowMs
  }

  /** For how long records have waited without a commit, milliseconds. */
  sample(nowMs: number): number {
    const committed = this.backend.commits()
    if (this.backend.isSettled || committed !== this.committed) this.movedAtMs = nowMs
    this.committed = committed
    return nowMs - this.movedAtMs
  }
}

const SAMPLE_MS = 1_000

const alive = object({ status: oneOf(['alive']) })
const ready = object({
  status: oneOf(['ready']),
  lagRecords: integer({ description: 'Records accepted and not processed yet.' }),
  settled: boolean({ description: 'Everything accepted is processed and committed.' }),
  impressions: object(
    { waiting: integer(), written: integer(), lost: integer(), failures: integer() },
    { description: 'What became of served pages that are to be logged.' },
  ),
  learning: oneOf(['here', 'not here', 'stopped'], {
    description: 'Whether models learn in this process; feeds are served by what they learned before if not.',
  }),
})

const healthz: RouteDeclaration = {
  summary: 'Whether it is alive',
  description: 'Alive, and processing goes on.',
  tag: 'operations',
  answer: alive,
  errors: [503],
}
const readyz: RouteDeclaration = {
  summary: 'Whether it is ready',
  description:
    'Feeds are answered: state is restored, what was accepted before the start is processed, and processing is not far behind.',
  tag: 'operations',
  answer: ready,
  errors: [503],
}

const learningOf = ({ learning }: HttpServices): ValueOf<typeof ready>['learning'] => {
  if (learning?.isStopped === true) return 'stopped'
  return learning?.learns === true ? 'here' : 'not here'
}

/**
 * `GET /healthz`: alive, and processing goes on. `GET /readyz`: restored, what was accepted before the start is
 * processed, and not far behind; `settled` says that everything accepted is processed and committed.
 */
export const healthRoutes = (app: FastifyInstance, services: HttpServices, limits: HttpLimits): void => {
  const { backend, clock, serving } = services
  const watch = new StallWatch(backend, clock.monotonicMs())
  const sampling = setInterval(() => watch.sample(clock.monotonicMs()), SAMPLE_MS).unref()
  app.addHook('onClose', async () => clearInterval(sampling))
  app.get<{ Reply: ValueOf<typeof alive> }>('/healthz', routeOptions(healthz), () => {
    backend.assertRunning()
    const stalledMs = watch.sample(clock.monotonicMs())
    if (stalledMs > limits.stalledMs) {
      throw new HttpError(
        'STALLED',
        `Nothing was committed for ${Math.round(stalledMs)} ms while records wait`,
      )
    }
    return { status: 'alive' }
  })
  app.get<{ Reply: ValueOf<typeof ready> }>('/readyz', routeOptions(readyz), () => {
    backend.assertRunning()
    if (backend.unready !== null) throw new HttpError('NOT_READY', backend.unready)
    const lagRecords = backend.lagRecords()
    if (lagRecords > limits.readyLagRecordsMax) {
      throw new HttpError(
        'NOT_READY',
        `${lagRecords} records wait to be processed, more than ${limits.readyLagRecordsMax}`,
      )
    }
    return {
      status: 'ready',
      lagRecords,
      settled: backend.isSettled,
      impressions: serving.impressions.counts,
      learning: learningOf(services),
    }
  })
}
