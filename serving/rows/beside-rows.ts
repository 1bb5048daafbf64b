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

  read(candidates: readonly Candidate[], { viewer }: RowRequest): Promise<void> | undefined {
    const { authors, containers } = this
    authors.reset(candidates.length)
    containers.reset(candidates.length)
    for (let row = 0; row < candidates.length; row++) {
      const { authorId, containerId } = candidates[row]!.post
      authors.note(row, authorId)
      containers.note(row, containerId)
    }
    const byAuthor = listOf(authors, this.authorKeys)
    const byContainer = listOf(containers, this.containerKeys)
    // The viewer's country alone can be matched: without one, nobody else's need be known.
    const country = viewer.profile?.country ?? null
    return allOf([
      this.rows.visit('followers', byAuthor, (key, buffer, start, end) => {
        this.followers[key] = start === end ? 0 : readFollowers(buffer.subarray(start, end))
      }),
      country === null
        ? undefined
        : this.rows.visit('profiles', byAuthor, (key, buffer, start, end) => {
            this.countries[key] =
              start === end ? null : (readProfileRow(buffer.subarray(start, end))?.country ?? null)
          }),
      this.rows.visit('post-attributes', byContainer, (key, buffer, start, end) => {
        this.ownContainers[key] =
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

const listOf = ({ ids }: Distinct, keys: KeyList): KeyList => {
  keys.reset()
  for (const id of ids) keys.add(id)
  return keys
}
