import { KeyList } from '../../features/store/key-list.ts'
import { readFollowers } from '../../processors/followers.ts'
import { readPostAttributes } from '../../processors/post-attributes.ts'
import { readProfileRow } from '../../processors/profiles.ts'
import type { Candidate } from '../candidate.ts'
import type { StateRows } from '../state-rows.ts'
import { allOf } from './candidate-tables.ts'
import type { Beside } from './context-row.ts'
import { Distinct, NONE } from './distinct.ts'
import type { RowRequest } from './view-keys.ts'

/** What the context says beside the candidate: of its author, and of the thread it is in. Each is read once. */
export class BesideRows {
  private readonly rows: StateRows
  private readonly authors = new Distinct()
  private readonly authorKeys = new KeyList()
  private readonly containers = new Distinct()
  private readonly containerKeys = new KeyList()
  private followers: number[] = []
  private countries: (string | null)[] = []
  private ownContainers: boolean[] = []
  private readonly beside: Beside = { authorFollowers: 0, authorCountry: null, ownThread: false }

  constructor(rows: StateRows) {
    this.rows = rows
  }

  /** Begins anew, for a request. */
  begin(): void {
    this.authors.reset()
    this.containers.reset()
  }

  /** Reads what is beside candidates, the first of whom is in row `first`, after all before. */
  read(first: number, candidates: readonly Candidate[], { viewer }: RowRequest): Promise<void> | undefined {
    const { authors, containers } = this
    const [authorsRead, containersRead] = [authors.ids.length, containers.ids.length]
    for (let at = 0; at < candidates.length; at++) {
      const { authorId, containerId } = candidates[at]!.post
      authors.note(first + at, authorId)
      containers.note(first + at, containerId)
    }
    const byAuthor = listOf(authors, authorsRead, this.authorKeys)
    const byContainer = listOf(containers, containersRead, this.containerKeys)
    // The viewer's country alone can be matched: without one, nobody else's need be known.
    const country = viewer.profile?.country ?? null
    return allOf([
      this.rows.visit('followers', byAuthor, (key, buffer, start, end) => {
        this.followers[authorsRead + key] = start === end ? 0 : readFollowers(buffer.subarray(start, end))
      }),
      country === null
        ? undefined
        : this.rows.visit('profiles', byAuthor, (key, buffer, start, end) => {
            this.countries[authorsRead + key] =
              start === end ? null : (readProfileRow(buffer.subarray(start, end))?.country ?? null)
          }),
      this.rows.visit('post-attributes', byContainer, (key, buffer, start, end) => {
        this.ownContainers[containersRead + key] =
          start < end && readPostAttributes(buffer.subarray(start, end)).authorId === viewer.userId
      }),
    ])
  }

  /** What is beside a candidate; the same object each time. Countries are those of a viewer who has one. */
  of(candidate: number, { viewer }: RowRequest): Beside {
    const { beside } = this
    const author = this.authors.of[candidate]!
    const container = this.containers.of[candidate]!
    beside.authorFollowers = this.followers[author]!
    beside.authorCountry = (viewer.profile?.country ?? null) === null ? null : this.countries[author]!
    beside.ownThread = container !== NONE && this.ownContainers[container]!
    return beside
  }
}

const listOf = ({ ids }: Distinct, from: number, keys: KeyList): KeyList => {
  keys.reset()
  for (let index = from; index < ids.length; index++) keys.add(ids[index]!)
  return keys
}
