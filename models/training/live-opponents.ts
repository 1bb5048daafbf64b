import type { LightLearner } from '../distillation/light-learner.ts'
import { ModelError } from '../errors.ts'
import type { TowerLearner } from '../retrieval/tower-learner.ts'
import { readTowers } from '../retrieval/tower-snapshot.ts'
import { openSession } from '../scoring/open-session.ts'
import type { ScoringSession } from '../scoring/session.ts'

/** A snapshot that serves. */
export interface LiveSnapshot {
  readonly version: string
  readonly directory: string
}

/** What is live of a model by now; null for nothing. */
export type LiveOf = (model: 'light' | 'retrieval') => Promise<LiveSnapshot | null>

/**
 * Lets learners foresee what they learn by what is live as well, where no log says what that foresaw. One that cannot
 * be read foresees nothing: then there is no evidence, and nothing is promoted by it.
 */
export class LiveOpponents {
  private readonly liveOf: LiveOf
  private readonly light: LightLearner
  private readonly towers: TowerLearner
  private session: ScoringSession | null = null
  private readonly versions = { light: '', retrieval: '' }

  constructor(liveOf: LiveOf, light: LightLearner, towers: TowerLearner) {
    this.liveOf = liveOf
    this.light = light
    this.towers = towers
  }

  /** Takes up what is live by now. */
  async refresh(): Promise<void> {
    await this.renew('light', async (directory) => {
      const session = directory === null ? null : await openSession(directory, 'light')
      this.light.compareWith(session)
      await this.session?.dispose()
      this.session = session
    })
    await this.renew('retrieval', async (directory) => {
      this.towers.compareWith(directory === null ? null : (await readTowers(directory)).parameters)
    })
  }

  async dispose(): Promise<void> {
    this.light.compareWith(null)
    await this.session?.dispose()
    this.session = null
  }

  private async renew(
    model: keyof LiveOpponents['versions'],
    take: (directory: string | null) => Promise<void>,
  ): Promise<void> {
    const live = await this.liveOf(model)
    if ((live?.version ?? '') === this.versions[model]) return
    this.versions[model] = live?.version ?? ''
    try {
      await take(live?.directory ?? null)
    } catch (error) {
      if (!(error instanceof ModelError)) throw error
      await take(null)
    }
  }
}
