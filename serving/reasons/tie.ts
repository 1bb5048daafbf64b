import { CLOSENESSES } from '../../schemas/connections/index.ts'
import type { Candidate, Source } from '../candidate.ts'
import type { Viewer } from '../viewer.ts'

/** What ties the viewer to a post by its source, in two numbers. */
export interface Tie {
  /** Since when, milliseconds: of what they touched, when last. 0 where there is no tie. */
  readonly at: number
  /** Of a friend the index in `CLOSENESSES`; of what they touched, how often. */
  readonly detail: number
}

/** A tie may be gone since the source found the post by it. */
export const tieOf = ({ post, source }: Candidate, viewer: Viewer): Tie => TIES[source](post, viewer)

type TieFinder = (post: Candidate['post'], viewer: Viewer) => Tie

const NO_TIE: Tie = { at: 0, detail: 0 }
const noTie: TieFinder = () => NO_TIE

const since = (edge: { readonly since: number } | undefined): Tie =>
  edge === undefined ? NO_TIE : { at: edge.since, detail: 0 }

const TIES: Readonly<Record<Source, TieFinder>> = {
  comments: noTie,
  mention: noTie,
  friend: ({ authorId }, { friends }) => {
    const edge = friends.get(authorId)
    return edge === undefined ? NO_TIE : { at: edge.since, detail: CLOSENESSES.indexOf(edge.closeness) }
  },
  follow: ({ authorId }, { follows }) => since(follows.get(authorId)),
  group: ({ containerId }, { groups }) => (containerId === null ? NO_TIE : since(groups.get(containerId))),
  page: ({ containerId }, { pages }) => (containerId === null ? NO_TIE : since(pages.get(containerId))),
  carried: noTie,
  touched: ({ authorId }, { touched }) => {
    const author = touched.get(authorId)
    return author === undefined ? NO_TIE : { at: author.lastTouchAt, detail: author.touches }
  },
  trending: noTie,
  retrieval: noTie,
}
