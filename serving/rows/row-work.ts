import type { FeatureReader } from '../../features/store/port.ts'
import { CONTENT_BYTES, TASTE_OFFSET, writeDirection } from '../../models/embeddings/contents.ts'
import { ENTITY_WORDS, type EntityIds, writeEntityIds } from '../../models/embeddings/entities.ts'
import { RANKING_VIEWS, viewOffset } from '../../models/ranking-row.ts'
import type { Matrix } from '../../models/scoring/types.ts'
import type { Candidate } from '../candidate.ts'
import { tasteVectorOf } from '../retrieval/viewer-side.ts'
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
 * Candidates whose rows are read, filled and handed to the scorers together: few enough that scoring begins early, and
 * enough that look-ups wait for memory together.
 */
export const LIGHT_RUN = 512
const HEAVY_RUN = 128

/** Told that all rows below one are filled: they can be scored while the next are filled. */
export type Filled = (rows: number) => void

/** What a row is about: one object for all rows of a request. */
type RowIds = { -readonly [Name in keyof EntityIds]: EntityIds[Name] }

const NO_HASHTAGS: readonly string[] = []

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
  /**
   * Rows had to be waited for in this request: all that are left are then read together, for to wait again costs more
   * than scoring gains by what it begins early with.
   */
  private isFar = false

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

  /**
   * Fills the first rows of the light matrix, one a candidate, in their order; those before row `from` are filled
   * already.
   */
  async light(
    candidates: readonly Candidate[],
    request: RowRequest,
    matrix: Matrix,
    filled: Filled,
    from = 0,
  ): Promise<void> {
    this.kept = []
    if (from === 0) {
      this.early.begin(request)
      this.isFar = false
    }
    for (let first = from; first < candidates.length;) {
      const run = this.runFrom(candidates, first, LIGHT_RUN)
      const reading = this.early.read(first, run, this.features)
      if (reading !== undefined) await this.waitFor(reading)
      fillLightRows(run, request, this.early, matrix, first)
      first += run.length
      filled(first)
    }
  }

  /** Fills the first rows of the heavy matrix, one a candidate, in their order. Contents should be read by now. */
  async heavy(
    candidates: readonly Candidate[],
    request: RowRequest,
    matrix: Matrix,
    filled: Filled,
  ): Promise<void> {
    const places = candidates === this.kept ? this.places : await this.readEarly(candidates, request)
    this.late.begin(request)
    this.hashtags.begin(candidates.length)
    this.beside.begin()
    const taste = tasteVectorOf(request.viewer)
    for (let first = 0; first < candidates.length;) {
      const run = this.runFrom(candidates, first, HEAVY_RUN)
      const reading = allOf([
        this.late.read(first, run, this.features),
        this.hashtags.read(first, run, request, this.features),
        this.beside.read(first, run, request),
      ])
      if (reading !== undefined) await this.waitFor(reading)
      this.copyEarly(first, places.subarray(first, first + run.length), matrix)
      this.copyLate(first, run.length, matrix)
      this.writeContexts(first, run, request, matrix)
      writeContents(first, run, taste, matrix)
      first += run.length
      filled(first)
    }
  }

  private runFrom(candidates: readonly Candidate[], first: number, runMax: number): readonly Candidate[] {
    return candidates.slice(first, this.isFar ? undefined : first + runMax)
  }

  private async waitFor(reading: Promise<void>): Promise<void> {
    this.isFar = true
    await reading
  }

  /** Of candidates that no light rows were filled for; answers their places. */
  private async readEarly(candidates: readonly Candidate[], request: RowRequest): Promise<Uint32Array> {
    this.kept = []
    this.isFar = false
    this.early.begin(request)
    const reading = this.early.read(0, candidates, this.features)
    if (reading !== undefined) await this.waitFor(reading)
    return Uint32Array.from(candidates, (_, place) => place)
  }

  /** `places` are where the rows from `first` on lie in the early tables. */
  private copyEarly(first: number, places: Uint32Array, { rows, width }: Matrix): void {
    for (const name of LIGHT_VIEWS) {
      const table = this.early.table(name)
      const indexes = this.early.indexes(name)
      let at = first * width + OFFSETS.get(name)!
      for (let row = 0; row < places.length; row++, at += width) table.copy(indexes[places[row]!]!, rows, at)
    }
  }

  private copyLate(first: number, count: number, { rows, width }: Matrix): void {
    for (const name of LATE_VIEWS) {
      const table = this.late.table(name)
      const indexes = this.late.indexes(name)
      let at = first * width + OFFSETS.get(name)!
      for (let row = first; row < first + count; row++, at += width) table.copy(indexes[row]!, rows, at)
    }
    for (const { name } of HASHTAG_VIEWS) {
      this.hashtags.copy(name, first, count, rows, first * width + OFFSETS.get(name)!, width)
    }
  }

  private writeContexts(
    first: number,
    candidates: readonly Candidate[],
    request: RowRequest,
    { rows, width, entities }: Matrix,
  ): void {
    // What an example says too, and no more: vectors that were not learned would speak of nothing.
    const { userId } = request.viewer
    const ids: RowIds = { userId, authorId: '', containerId: null, hashtags: NO_HASHTAGS }
    for (let row = 0; row < candidates.length; row++) {
      const at = (first + row) * width
      rows.fill(0, at + CONTEXT_OFFSET, at + width)
      writeContext(candidates[row]!, request, this.beside.of(first + row, request), rows, at)
      const { post, content } = candidates[row]!
      ids.authorId = post.authorId
      ids.containerId = post.containerId
      ids.hashtags = content?.hashtags ?? NO_HASHTAGS
      writeEntityIds(ids, entities, (first + row) * ENTITY_WORDS)
    }
  }
}

/** What the candidates are about and what the viewer likes, as impressions log it. */
const writeContents = (
  first: number,
  candidates: readonly Candidate[],
  taste: Buffer | null,
  { contents }: Matrix,
): void => {
  for (let row = 0; row < candidates.length; row++) {
    const { contentStart, contentVectors } = candidates[row]!
    const at = (first + row) * CONTENT_BYTES
    writeDirection(contentStart === -1 ? null : contentVectors, contentStart, contents, at)
    writeDirection(taste, 0, contents, at + TASTE_OFFSET)
  }
}
