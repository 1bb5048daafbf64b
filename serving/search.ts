import type { Candidate, Source } from './candidate.ts'
import { Inventory, type Limits, type SourceCount } from './inventory.ts'
import { type PipelineRun, reasonOf } from './pipeline/run.ts'
import type { Finding, SourceStage } from './pipeline/stage.ts'
import type { Viewer } from './viewer.ts'

/** Looks for candidates in all sources at once, and has what is at hand early while another thread still searches. */
export class Search {
  private readonly run: PipelineRun
  private readonly stages: readonly SourceStage[]
  private readonly inventory: Inventory
  private readonly here: Promise<ReadonlyMap<Source, Finding>>
  private readonly elsewhere: Promise<ReadonlyMap<Source, Finding>>

  constructor(run: PipelineRun, stages: readonly SourceStage[], viewer: Viewer, limits: Limits) {
    const failed = (source: Source, error: unknown): void => {
      const stage = stages.find((each) => each.source === source)!
      run.drop(stage, reasonOf(error), error)
    }
    this.run = run
    this.stages = stages
    this.inventory = new Inventory(viewer, limits, failed)
    const find = (isElsewhere: boolean): Promise<ReadonlyMap<Source, Finding>> =>
      findingsOf(
        run,
        stages.filter((stage) => (stage.isElsewhere ?? false) === isElsewhere),
        viewer,
      )
    this.elsewhere = find(true)
    this.here = find(false)
    // Both are waited for below, unless the feed fails before.
    for (const finding of [this.elsewhere, this.here]) finding.catch(() => undefined)
  }

  /** What the sources of this thread give. */
  async first(): Promise<readonly Candidate[]> {
    const findings = await this.here
    return this.shareOut(() => this.inventory.take(findings))
  }

  /** What the others give, and what fills places that are left. Only then is it known how many each source gave. */
  async rest(): Promise<readonly Candidate[]> {
    const findings = await this.elsewhere
    const rest = this.shareOut(() => {
      this.inventory.take(findings)
      this.inventory.fill()
    })
    const more = this.inventory.isShort ? await this.beyond(findings) : []
    const { counts } = this
    for (const { name, source } of this.stages) this.run.keeps(name, counts.get(source)?.taken ?? 0)
    return [...rest, ...more]
  }

  /** Whether the rest made other candidates of the first. */
  get isChanged(): boolean {
    return this.inventory.isChanged
  }

  get counts(): ReadonlyMap<Source, SourceCount> {
    return this.inventory.counts
  }

  /** What sources give that look further than they did. */
  private async beyond(findings: ReadonlyMap<Source, Finding>): Promise<readonly Candidate[]> {
    const further = new Map<Source, Finding>()
    for (const stage of this.stages) {
      const beyond = findings.get(stage.source)?.beyond
      if (beyond === undefined) continue
      const finding = await this.run.attempt(stage, beyond)
      if (finding !== null) further.set(stage.source, finding)
    }
    return further.size === 0 ? [] : this.shareOut(() => this.inventory.goOn(further))
  }

  private shareOut(take: () => void): readonly Candidate[] {
    return this.run.time(
      'inventory',
      () => {
        take()
        return this.inventory.handOut()
      },
      () => this.inventory.size,
    )
  }
}

const findingsOf = async (
  run: PipelineRun,
  stages: readonly SourceStage[],
  viewer: Viewer,
): Promise<ReadonlyMap<Source, Finding>> => {
  const findings = new Map<Source, Finding>()
  const find = async (stage: SourceStage): Promise<void> => {
    const finding = await run.attempt(stage, () => stage.find(run.query, viewer))
    if (finding !== null) findings.set(stage.source, finding)
  }
  await Promise.all(stages.map(find))
  return findings
}
