import type { FeatureReader } from '../../features/store/port.ts'
import { ENTITY_WORDS, writeEntityIds } from '../../models/embeddings/entities.ts'
import { RANKING_VIEWS, viewOffset } from '../../models/ranking-row.ts'
import type { Matrix } from '../../models/scoring/types.ts'
import type { Candidate } from '../candidate.ts'
import type { StateRows } from '../state-rows.ts'
import { BesideRows } from './beside-rows.ts'
import { allOf, CandidateTables, keyOfView } from './candidate-tables.ts'
import { CONTEXT_OFFSET, writeContext } from './context-row.ts'
import { HashtagTables } from './hashtag-tables.ts'
import { fillLightRows, LIGHT_VIEWS } from './light-rows.ts'
import type { RowRequest } from './view-keys.ts'

const HASHTAG_VIEWS = RANKING_VIEWS.filter(({ name }) => keyOfView(name).scope === 'hashtag')
/** Read for the survivors of pass 0 only. */
const LATE_VIEWS = RANKING_VIEWS.map(({ name }) => name).filter(
  (name) => !LIGHT_VIEWS.includes(name) && keyOfView(name).scope !== 'hashtag',
)
const OFFSETS: ReadonlyMap<string, number> = new Map(
  RANKING_VIEWS.map((view) => [view.name, viewOffset(view)]),
)

/**
 * Fills the rows that the rankers read: the light row of every candidate, then the heavy row of those that pass
 * 0 kept. What the light row reads is kept for the heavy one, so that no row of state is read twice. Made once
 * for each request that may be ranked at a time, and used again.
 */
export class RowWork {
  private readonly features: FeatureReader
  private readonly early = new CandidateTables(LIGHT_VIEWS)
  private readonly late = new CandidateTables(LATE_VIEWS)
  private readonly hashtags = new HashtagTables()
  private readonly beside: BesideRows
  /** What pass 0 kept of the candidates that the early tables were read for, and where it lies in them. */
  private kept: readonly Candidate[] = []
  private places: Uint32Array = new Uint32Array(0)

  constructor(features: FeatureReader, rows: StateRows) {
    this.features = features
    this.beside = new BesideRows(rows)
  }

  /** Forgets what was read for the last request. */
  reset(): void {
    this.kept = []
  }

  /** Tells which candidates of the last `light` go on, by their places there: their rows need not be read again. */
  keep(kept: readonly Candidate[], places: Uint32Array): void {
    this.kept = kept
    this.places = places
  }

  /** Fills the first rows of the light matrix, one a candidate, in their order. */
  async light(candidates: readonly Candidate[], request: RowRequest, matrix: Matrix): Promise<void> {
    await this.readEarly(candidates, request)
    fillLightRows(candidates, request, this.early, matrix)
  }

  /** Fills the first rows of the heavy matrix, one a candidate, in their order. Contents should be read by now. */
  async heavy(candidates: readonly Candidate[], request: RowRequest, matrix: Matrix): Promise<void> {
    const isKept = candidates === this.kept
    const reading = allOf([
      isKept ? undefined : this.readEarly(candidates, request),
      this.late.read(candidates, request, this.features),
      this.hashtags.read(candidates, request, this.features),
      this.beside.read(candidates, request),
    ])
    if (reading !== undefined) await reading
    this.copyViews(candidates.length, isKept ? this.places : null, matrix)
    this.writeContexts(candidates, request, matrix)
  }

  private readEarly(candidates: readonly Candidate[], request: RowRequest): Promise<void> | undefined {
    this.kept = []
    return this.early.read(candidates, request, this.features)
  }

  /** `places` are the rows' places in the early tables; null where they are the rows' own. */
  private copyViews(count: number, places: Uint32Array | null, { rows, width }: Matrix): void {
    for (const name of LIGHT_VIEWS) {
      const table = this.early.table(name)
      const indexes = this.early.indexes(name)
      const offset = OFFSETS.get(name)!
      for (let row = 0; row < count; row++) {
        const place = places === null ? row : places[row]!
        table.copy(indexes[place]!, rows, row * width + offset)
      }
    }
    for (const name of LATE_VIEWS) {
      const table = this.late.table(name)
      const indexes = this.late.indexes(name)
      const offset = OFFSETS.get(name)!
      for (let row = 0; row < count; row++) table.copy(indexes[row]!, rows, row * width + offset)
    }
    for (const { name } of HASHTAG_VIEWS) {
      const table = this.hashtags.table(name)
      const offset = OFFSETS.get(name)!
      for (let row = 0; row < count; row++) {
        table.copy(this.hashtags.row(name, row), rows, row * width + offset)
      }
    }
  }

  private writeContexts(
    candidates: readonly Candidate[],
    request: RowRequest,
    { rows, width, entities }: Matrix,
  ): void {
    // What an example says too, and no more: vectors that were not learned would speak of nothing.
    const ids = { userId: request.viewer.userId, authorId: '' }
    for (let row = 0; row < candidates.length; row++) {
      const at = row * width
      rows.fill(0, at + CONTEXT_OFFSET, at + width)
      writeContext(candidates[row]!, request, this.beside.of(row, request), rows, at)
      ids.authorId = candidates[row]!.post.authorId
      writeEntityIds(ids, entities, row * ENTITY_WORDS)
    }
  }
}
