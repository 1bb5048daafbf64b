import type { FeatureReader } from '../../features/store/port.ts'
import { RANKING_VIEWS } from '../../models/ranking-row.ts'
import { containerOf } from '../../processors/views/user-container.ts'
import type { Candidate } from '../candidate.ts'
import { Distinct, NONE } from './distinct.ts'
import { type RowRequest, type Scope, VIEW_KEYS, type ViewKey } from './view-keys.ts'
import { ViewTable } from './view-table.ts'

type PlainScope = Exclude<Scope, 'hashtag'>

const ID_OF: Readonly<Record<PlainScope, (candidate: Candidate, request: RowRequest) => string | null>> = {
  viewer: (_candidate, { viewer }) => viewer.userId,
  post: ({ post }) => post.postId,
  author: ({ post }) => post.authorId,
  kind: ({ post }) => post.kind,
  container: ({ post }) => containerOf(post),
}

/** A view of the ranking row with what its keys are made of. Throws a `RangeError` for one that nobody knows to key. */
export const keyOfView = (name: string): ViewKey => {
  const key = VIEW_KEYS[name]
  if (key === undefined) throw new RangeError(`view ${name} is in the ranking row, but not in VIEW_KEYS`)
  return key
}

/**
 * Rows of views for candidates, who come run after run; what several share is read once. Made once, and filled for
 * each request.
 */
export class CandidateTables {
  private readonly views: readonly { readonly table: ViewTable; readonly key: ViewKey }[]
  private readonly byName: ReadonlyMap<string, ViewTable>
  private readonly scopes = new Map<Scope, Distinct>()
  private nothing = new Int32Array(0)
  private request: RowRequest | undefined

  /** Of the views named, all but those by hashtag. */
  constructor(names: readonly string[]) {
    this.views = RANKING_VIEWS.filter(({ name }) => names.includes(name)).map((view) => ({
      table: new ViewTable(view),
      key: keyOfView(view.name),
    }))
    this.byName = new Map(this.views.map(({ table }) => [table.view.name, table]))
    for (const { key } of this.views) this.scopes.set(key.scope, new Distinct())
  }

  /** Begins anew, for a request. */
  begin(request: RowRequest): void {
    this.request = request
    for (const distinct of this.scopes.values()) distinct.reset()
    for (const { table } of this.views) table.reset()
  }

  /**
   * Reads the rows of candidates, the first of whom is in row `first`, after all before, as of the time of the
   * request; at once when all are in memory.
   */
  read(first: number, candidates: readonly Candidate[], features: FeatureReader): Promise<void> | undefined {
    for (const [scope, distinct] of this.scopes) this.note(scope as PlainScope, distinct, first, candidates)
    const request = this.request!
    return allOf(
      this.views.map(({ table, key }) => {
        if (!(key.applies?.(request) ?? true)) return undefined
        const { ids } = this.scopes.get(key.scope)!
        for (let index = table.count; index < ids.length; index++) key.add(table.keys, ids[index]!, request)
        return table.fill(features, request.query.asOf)
      }),
    )
  }

  table(view: string): ViewTable {
    return this.byName.get(view)!
  }

  /** By candidate: its row in the table of a view, or `NONE`. */
  indexes(view: string): Int32Array {
    const { scope, applies } = keyOfView(view)
    const { of } = this.scopes.get(scope)!
    if (applies?.(this.request!) ?? true) return of
    if (this.nothing.length < of.length) this.nothing = new Int32Array(of.length).fill(NONE)
    return this.nothing
  }

  private note(scope: PlainScope, distinct: Distinct, first: number, candidates: readonly Candidate[]): void {
    const idOf = ID_OF[scope]
    const request = this.request!
    for (let at = 0; at < candidates.length; at++) {
      const candidate = candidates[at]!
      // No two candidates are the same post: there is nothing to look up.
      if (scope === 'post') distinct.add(first + at, candidate.post.postId)
      else distinct.note(first + at, idOf(candidate, request))
    }
  }
}

/** Undefined when there is nothing to wait for. */
export const allOf = (reads: readonly (Promise<void> | undefined)[]): Promise<void> | undefined => {
  const waiting = reads.filter((read) => read !== undefined)
  return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => undefined)
}
