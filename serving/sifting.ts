import type { Candidate } from './candidate.ts'
import type { PipelineRun } from './pipeline/run.ts'
import type { FilterStage, HydratorStage, Removed } from './pipeline/stage.ts'
import type { Viewer } from './viewer.ts'

export interface SiftingStages {
  readonly hydrators: readonly HydratorStage[]
  readonly filters: readonly FilterStage[]
}

/** Candidates as they are found, part by part: hydrated, then kept or removed by filters. */
export class Sifting {
  /** All of them, each in the order found. */
  readonly found: Candidate[] = []
  readonly kept: Candidate[] = []
  readonly removed: Removed[] = []
  private readonly run: PipelineRun
  private readonly stages: SiftingStages
  private readonly viewer: Viewer

  constructor(run: PipelineRun, stages: SiftingStages, viewer: Viewer) {
    this.run = run
    this.stages = stages
    this.viewer = viewer
  }

  async add(candidates: readonly Candidate[]): Promise<void> {
    await this.run.hydrate(this.stages.hydrators, this.viewer, candidates, this.found.length)
    this.found.push(...candidates)
    this.filter(candidates)
  }

  /** Asks the filters about all once more, where what they go by has changed. */
  again(): void {
    this.kept.length = 0
    this.removed.length = 0
    this.filter(this.found)
  }

  private filter(candidates: readonly Candidate[]): void {
    const { kept, removed } = this.run.filter(this.stages.filters, this.viewer, candidates, this.kept.length)
    this.kept.push(...kept)
    this.removed.push(...removed)
  }
}
