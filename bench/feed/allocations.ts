import { getHeapStatistics } from 'node:v8'
import type { Clock } from '../../engine/clock.ts'
import type { FeedStages } from '../../serving/feed-pipeline.ts'
import type { StageTime } from '../../serving/pipeline/run.ts'
import type { ScorerStage } from '../../serving/pipeline/stage.ts'

const heapBytes = (): number => getHeapStatistics().used_heap_size

const medianOf = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0

/** Its milliseconds are bytes: what is timed by it is told as what it allocated. */
export const allocationClock = (clock: Clock): Clock => ({
  now: () => clock.now(),
  monotonicMs: heapBytes,
})

/**
 * Measures what stages allocate on the JavaScript heap: one stage at a time, the median over requests. Runs in
 * which the collector freed something read as less than nothing, and are left out.
 */
export class Allocations {
  private readonly bytes = new Map<string, number[]>()
  private readonly measuredAlone = new Set<string>()
  private turn: Promise<unknown> = Promise.resolve()

  /** The same stages, each measured, and none beside another. */
  over(stages: FeedStages): FeedStages {
    return {
      ...stages,
      queryHydrators: stages.queryHydrators.map((stage) => ({
        ...stage,
        hydrate: (query) => this.alone(stage.name, () => stage.hydrate(query)),
      })),
      sources: stages.sources.map((stage) => ({
        ...stage,
        find: (query, viewer) => this.alone(stage.name, () => stage.find(query, viewer)),
      })),
      hydrators: stages.hydrators.map((stage) => ({
        ...stage,
        hydrate: (query, viewer, list) => this.alone(stage.name, () => stage.hydrate(query, viewer, list)),
      })),
      survivorHydrators: stages.survivorHydrators.map((stage) => ({
        ...stage,
        hydrate: (query, viewer, list) => this.alone(stage.name, () => stage.hydrate(query, viewer, list)),
      })),
    }
  }

  pass(stage: ScorerStage): ScorerStage {
    return {
      ...stage,
      score: (query, viewer, list, signal) =>
        this.alone(stage.name, () => stage.score(query, viewer, list, signal)),
    }
  }

  /** Measures work that stands for a stage of its own. */
  async alone<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    this.measuredAlone.add(name)
    const run = this.turn.then(async () => {
      const before = heapBytes()
      const result = await work()
      const grown = heapBytes() - before
      if (grown >= 0) this.noted(name).push(grown)
      return result
    })
    this.turn = run.catch(() => undefined)
    return run
  }

  /** Takes in stages beside which nothing runs, as `allocationClock` timed them; those measured alone are left out. */
  timed(stages: readonly StageTime[]): void {
    for (const { stage, ms: grown } of stages) {
      if (!this.measuredAlone.has(stage) && grown >= 0) this.noted(stage).push(grown)
    }
  }

  /** Bytes a request, by stage. */
  medians(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.bytes].map(([name, each]) => [name, medianOf(each)]))
  }

  private noted(name: string): number[] {
    const known = this.bytes.get(name)
    if (known !== undefined) return known
    const made: number[] = []
    this.bytes.set(name, made)
    return made
  }
}
