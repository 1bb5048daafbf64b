import { randomBytes, randomUUID } from 'node:crypto'
import { systemClock } from '../../cli/runtime/clock.ts'
import { feedEffects } from '../../serving/effects/index.ts'
import { ServedRequests } from '../../serving/explain/served-requests.ts'
import { FeedPipeline } from '../../serving/feed-pipeline.ts'
import { FeedService } from '../../serving/feed-service.ts'
import type { Ranking } from '../../serving/scorers/ranking.ts'
import { Cursors } from '../../serving/sessions/cursor.ts'
import { Visibility } from '../../serving/visibility/index.ts'
import type { LocalServer } from '../local-server.ts'
import { allocationClock, type Allocations } from './allocations.ts'

const SECRET_BYTES = 32

/** The server's feeds, stage after stage, each measured; what answers tell as milliseconds are bytes. */
export const measuredFeeds = ({ serving, embedded }: LocalServer, allocations: Allocations): FeedService => {
  const { parts, sessions, impressions, samples } = serving
  const clock = allocationClock(systemClock)
  const pipeline = new FeedPipeline<Ranking>({
    ...parts,
    clock,
    stages: allocations.over(parts.stages),
    ranker: {
      begin: (query, viewer) => {
        const ranking = parts.ranker.begin(query, viewer)
        const [light, heavy, rules] = ranking.passes
        const passes = [allocations.pass(light), allocations.pass(heavy), allocations.pass(rules)] as const
        return new Proxy(ranking, {
          get: (of, name) => (name === 'passes' ? passes : Reflect.get(of, name, of)),
        })
      },
    },
  })
  return new FeedService({
    pipeline,
    visibility: new Visibility(embedded.rowsNow, embedded.restrictions),
    sessions,
    cursors: new Cursors(randomBytes(SECRET_BYTES)),
    effects: feedEffects({
      impressions,
      shadow: serving.models.shadow,
      requests: new ServedRequests(),
      samples,
    }),
    clock,
    alarm: parts.alarm,
    metrics: parts.metrics,
    ids: () => randomUUID(),
    later: (work) => setImmediate(work),
    newestEventAt: () => embedded.newestEventAt(),
  })
}
