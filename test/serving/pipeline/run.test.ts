import { describe, expect, it } from 'vitest'
import { EngineError } from '../../../engine/errors.ts'
import { type Candidate, candidateOf } from '../../../serving/candidate.ts'
import { ServingError } from '../../../serving/errors.ts'
import type { StageMetrics } from '../../../serving/pipeline/metrics.ts'
import { PipelineRun } from '../../../serving/pipeline/run.ts'
import {
  always,
  type EffectStage,
  type FilterStage,
  type HydratorStage,
  type ScorerStage,
} from '../../../serving/pipeline/stage.ts'
import { ViewerDraft } from '../../../serving/viewer-draft.ts'
import { anEntry, later, userId } from '../../processors/events.ts'
import { aQuery, HandAlarm, HandClock, idsOf } from '../feeds.ts'

class NotedStages implements StageMetrics {
  readonly noted: string[] = []

  ran(stage: string, ms: number, kept: number): void {
    this.noted.push(`${stage} ${ms} ${kept}`)
  }

  dropped(stage: string, reason: string): void {
    this.noted.push(`${stage} ${reason}`)
  }

  removed(filter: string, count: number): void {
    this.noted.push(`${filter} removed ${count}`)
  }
}

const rig = () => {
  const clock = new HandClock()
  const alarm = new HandAlarm()
  const metrics = new NotedStages()
  return { clock, alarm, metrics, run: new PipelineRun(aQuery(), { clock, alarm, metrics }) }
}

const stage = { name: 'a-stage', about: 'Does things.', deadlineMs: 50, required: false, enable: always }
const viewer = new ViewerDraft(userId('user-1'))
const candidates = (count: number): Candidate[] =>
  Array.from({ length: count }, (_, index) =>
    candidateOf(anEntry({ postId: `post-${index}`, publishedAt: later(index) }), 'friend'),
  )

describe('a stage', () => {
  it('is told with its time and what it kept', async () => {
    const { run, clock, metrics, alarm } = rig()
    const result = await run.attempt(
      stage,
      async () => {
        clock.ms += 7
        return [1, 2]
      },
      ({ length }) => length,
    )
    expect(result).toEqual([1, 2])
    expect(run.stages).toEqual([{ stage: 'a-stage', ms: 7, kept: 2 }])
    run.finish()
    expect(metrics.noted).toEqual(['a-stage 7 2'])
    expect(run.degraded).toEqual([])
    expect(alarm.waiting).toBe(0)
  })

  it('that comes to its candidates in parts is told of once, with all of its time and what it kept in all', () => {
    const { run, clock, metrics } = rig()
    for (const kept of [2, 5]) {
      run.time(
        'in-parts',
        () => (clock.ms += 3),
        () => kept,
      )
    }
    expect(run.stages).toEqual([{ stage: 'in-parts', ms: 6, kept: 5 }])
    run.finish()
    expect(metrics.noted).toEqual(['in-parts 6 5'])
  })

  it.each([
    [new EngineError('LOG_UNAVAILABLE', 'being restored'), 'LOG_UNAVAILABLE'],
    [new TypeError('a fault'), 'UNEXPECTED'],
  ])('that throws is dropped and named: %s', async (error, reason) => {
    const { run, metrics, alarm } = rig()
    const throws = (): Promise<never> => {
      throw error
    }
    expect(await run.attempt(stage, throws)).toBeNull()
    expect(run.degraded).toEqual([{ stage: 'a-stage', reason }])
    expect(metrics.noted).toEqual([`a-stage ${reason}`])
    expect(alarm.waiting).toBe(0)
  })

  it('that is late is dropped and named, and hears of it', async () => {
    const { run, alarm } = rig()
    let told: AbortSignal | undefined
    const attempt = run.attempt(stage, (signal) => {
      told = signal
      return new Promise(() => undefined)
    })
    alarm.pass(49)
    expect(told!.aborted).toBe(false)
    alarm.pass(50)
    expect(await attempt).toBeNull()
    expect(told!.aborted).toBe(true)
    expect(run.degraded).toEqual([{ stage: 'a-stage', reason: 'late' }])
  })

  it('that no feed may go without fails the request, with its cause', async () => {
    const { run } = rig()
    const cause = new EngineError('DISK_FAILED', 'gone')
    const attempt = run.attempt({ ...stage, required: true }, async () => {
      throw cause
    })
    await expect(attempt).rejects.toMatchObject({
      code: 'STAGE_FAILED',
      recovery: 'retry',
      message: 'STAGE_FAILED: stage a-stage: DISK_FAILED',
      cause,
    })
    await expect(attempt).rejects.toBeInstanceOf(ServingError)
  })

  it('that no feed may go without passes on what serving says already what to do about', async () => {
    const { run, metrics } = rig()
    const attempt = run.attempt({ ...stage, required: true }, async () => {
      throw new ServingError('CATCHING_UP', 'rows were lost')
    })
    await expect(attempt).rejects.toMatchObject({ code: 'CATCHING_UP' })
    expect(metrics.noted).toEqual(['a-stage CATCHING_UP'])
  })

  it('that is not enabled is passed over, and one that cannot tell is dropped', async () => {
    const { run } = rig()
    expect(await run.attempt({ ...stage, enable: () => false }, async () => 1)).toBeNull()
    expect(run.degraded).toEqual([])
    const broken = (): boolean => {
      throw new TypeError('a fault')
    }
    expect(await run.attempt({ ...stage, enable: broken }, async () => 1)).toBeNull()
    expect(run.degraded).toEqual([{ stage: 'a-stage', reason: 'UNEXPECTED' }])
    expect(run.stages).toEqual([])
  })
})

describe('hydrators', () => {
  const writes = (name: string, read: Promise<void>): HydratorStage => ({
    ...stage,
    name,
    hydrate: async (_query, _viewer, each) => {
      await read
      return () => {
        for (const candidate of each) candidate.carriedTimes++
      }
    },
  })

  it('write all together, and one that is late never does', async () => {
    const { run, alarm } = rig()
    let finish = (): void => undefined
    const slow = new Promise<void>((resolve) => {
      finish = resolve
    })
    const hydrated = candidates(2)
    const done = run.hydrate([writes('quick', Promise.resolve()), writes('slow', slow)], viewer, hydrated)
    await new Promise(setImmediate)
    expect(hydrated.map(({ carriedTimes }) => carriedTimes)).toEqual([0, 0])
    alarm.pass(50)
    await done
    finish()
    await new Promise(setImmediate)
    expect(hydrated.map(({ carriedTimes }) => carriedTimes)).toEqual([1, 1])
    expect(run.degraded).toEqual([{ stage: 'slow', reason: 'late' }])
  })
})

describe('filters', () => {
  const filter = (fields: Partial<FilterStage>): FilterStage => ({
    ...stage,
    removal: 'seen',
    removes: () => false,
    ...fields,
  })

  it('answer what they keep and what they remove, each by the first that says so', () => {
    const { run } = rig()
    const odd = filter({ removal: 'own', removes: (_query, _viewer, { post }) => /[13]$/.test(post.postId) })
    const last = filter({ removes: (_query, _viewer, { post }) => /[34]$/.test(post.postId) })
    const { kept, removed } = run.filter([odd, last], viewer, candidates(5))
    expect(idsOf(kept)).toEqual(['post-0', 'post-2'])
    expect(removed.map(({ candidate, removal }) => [candidate.post.postId, removal])).toEqual([
      ['post-1', 'own'],
      ['post-3', 'own'],
      ['post-4', 'seen'],
    ])
    expect(run.stages).toEqual([{ stage: 'filters', ms: 0, kept: 2 }])
  })

  it('that throw are asked no more, and fail the request where they are required', () => {
    const { run, metrics } = rig()
    let asked = 0
    const broken = filter({
      name: 'broken',
      removes: () => {
        asked++
        throw new TypeError('a fault')
      },
    })
    const all = filter({ removes: () => true })
    expect(run.filter([broken, all], viewer, candidates(3)).removed).toHaveLength(3)
    expect(asked).toBe(1)
    expect(run.degraded).toEqual([{ stage: 'broken', reason: 'UNEXPECTED' }])
    expect(metrics.noted).toContain('broken UNEXPECTED')
    expect(run.filter([broken], viewer, candidates(1)).kept).toHaveLength(1)
    expect(asked).toBe(1)
    const required = { ...broken, name: 'required', required: true }
    expect(() => run.filter([required], viewer, candidates(1))).toThrow('STAGE_FAILED')
  })
})

describe('an effect', () => {
  const effect = (perform: EffectStage<number[]>['perform']): EffectStage<number[]> => ({ ...stage, perform })

  it('is told with its time and of how many posts it was', () => {
    const { run, clock, metrics } = rig()
    const counts = effect(({ length }) => {
      clock.ms += 2
      return length
    })
    run.perform(counts, [1, 2, 3])
    run.perform({ ...counts, name: 'not-now', enable: () => false }, [1])
    expect(run.stages).toEqual([{ stage: 'a-stage', ms: 2, kept: 3 }])
    run.finish()
    expect(metrics.noted).toEqual(['a-stage 2 3'])
  })

  it('that throws is dropped and named, and fails nothing', () => {
    const { run } = rig()
    const broken = effect(() => {
      throw new TypeError('a fault')
    })
    run.perform(broken, [1])
    expect(run.degraded).toEqual([{ stage: 'a-stage', reason: 'UNEXPECTED' }])
  })
})

describe('a pass', () => {
  const scorer = (score: ScorerStage['score']): ScorerStage => ({ ...stage, keptMax: 2, score })

  it('answers what it keeps, in its order', async () => {
    const { run } = rig()
    const backwards = scorer(async (_query, _viewer, each) => each.toReversed().slice(0, 2))
    expect(idsOf(await run.score(backwards, viewer, candidates(3)))).toEqual(['post-2', 'post-1'])
    expect(run.stages).toEqual([{ stage: 'a-stage', ms: 0, kept: 2 }])
  })

  it('that is dropped lets the first go on, as they came', async () => {
    const { run } = rig()
    const fails = scorer(async () => {
      throw new EngineError('CLOSED', 'no scorer')
    })
    expect(idsOf(await run.score(fails, viewer, candidates(3)))).toEqual(['post-0', 'post-1'])
    expect(run.degraded).toEqual([{ stage: 'a-stage', reason: 'CLOSED' }])
  })

  it('has nothing to do without candidates', async () => {
    const { run } = rig()
    const never = scorer(async () => {
      throw new TypeError('asked')
    })
    expect(await run.score(never, viewer, [])).toEqual([])
    expect(run.degraded).toEqual([])
  })
})
