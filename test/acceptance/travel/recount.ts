export type Counts = Map<string, number>

export const count = (counts: Counts, key: string, by = 1): void => {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

export const NO_REACTIONS = { likes: 0, comments: 0, saves: 0, negatives: 0 } as const

export interface PostCount {
  readonly author: string
  /** Empty for a question. */
  readonly container: string
  /** After it was published. */
  readonly edited: boolean
  likes: number
  comments: number
  saves: number
  /** Down votes, offensive and spam. */
  negatives: number
}

/** What a community did, counted in the dump or in the state. */
export interface Recount {
  readonly posts: Map<string, PostCount>
  readonly postsByAuthor: Counts
  readonly postsByContainer: Counts
  /** By user, what they did, and author: of users that are known, and of pairs whose rows last (see lasting-pairs.ts). */
  readonly byUserAndAuthor: Counts
  /** Since when those have had an event. */
  readonly lastingSince: number
  /** Known users who reacted to anything. */
  readonly users: Set<string>
  /** All of them, of users not known too. */
  reactions: number
}

const sum = (counts: Iterable<number>): number => [...counts].reduce((all, each) => all + each, 0)

/** The figures that a person compares. */
export const summary = (recount: Recount): Record<string, number> => {
  const posts = [...recount.posts.values()]
  const by = (what: string): number[] =>
    [...recount.byUserAndAuthor].filter(([key]) => key.includes(` ${what} `)).map(([, value]) => value)
  return {
    posts: posts.length,
    questions: posts.filter(({ container }) => container === '').length,
    answers: posts.filter(({ container }) => container !== '').length,
    edited_posts: posts.filter(({ edited }) => edited).length,
    authors: recount.postsByAuthor.size,
    questions_with_answers: recount.postsByContainer.size,
    reactions: recount.reactions,
    likes: sum(posts.map(({ likes }) => likes)),
    comments: sum(posts.map(({ comments }) => comments)),
    saves: sum(posts.map(({ saves }) => saves)),
    negatives: sum(posts.map(({ negatives }) => negatives)),
    likes_of_lasting_pairs: sum(by('likes')),
    comments_of_lasting_pairs: sum(by('comments')),
    saves_of_lasting_pairs: sum(by('saves')),
    negatives_of_lasting_pairs: sum(by('negatives')),
    lasting_commenter_author_pairs: by('comments').length,
    lasting_commenters: new Set(
      [...recount.byUserAndAuthor.keys()]
        .filter((key) => key.includes(' comments '))
        .map((key) => key.split(' ')[0]),
    ).size,
    users: recount.users.size,
  }
}
