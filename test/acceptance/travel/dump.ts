import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { DAY_MS } from '../../../schemas/ids.ts'
import { countLasting, type Done, lastingSince } from './lasting-pairs.ts'
import { type Counts, count, NO_REACTIONS, type PostCount, type Recount } from './recount.ts'

/** Cells of the columns before `Title`, the only one that is quoted: none of them holds a comma. */
const cellsOf = (line: string): string[] => line.split(',')

function* rowsOf(directory: string, table: string, columns: readonly string[]): Generator<string[]> {
  const text = gunzipSync(readFileSync(join(directory, `${table}.csv.gz`))).toString('utf8')
  const lines = text.split('\n')
  const header = cellsOf(lines[0]!)
  const places = columns.map((column) => header.indexOf(column))
  if (places.includes(-1))
    throw new Error(`${table} has the columns ${header.join()}, not all of ${columns.join()}`)
  for (const line of lines.slice(1)) {
    if (line === '') continue
    const cells = cellsOf(line)
    yield places.map((place) => cells[place]!.trim())
  }
}

interface DumpPost {
  readonly author: string
  readonly asker: string
  readonly createdAt: number
}

const timeOf = (cell: string): number => Date.parse(`${cell}Z`)

const countPosts = (directory: string, recount: Recount): Map<string, DumpPost> => {
  const owners = new Map<string, string>()
  const parents = new Map<string, string>()
  const times = new Map<string, number>()
  const columns = ['Id', 'PostTypeId', 'ParentId', 'OwnerUserId', 'CreationDate', 'LastEditDate']
  for (const [id, type, parent, owner, created, edited] of rowsOf(directory, 'Posts', columns)) {
    if (type !== '1' && type !== '2') continue
    owners.set(id!, owner!)
    times.set(id!, timeOf(created!))
    const author = owner || `unknown-author-of-${id}`
    recount.posts.set(id!, { ...NO_REACTIONS, author, container: parent!, edited: edited! > created! })
    count(recount.postsByAuthor, author)
    if (type === '1') continue
    parents.set(id!, parent!)
    count(recount.postsByContainer, parent!)
  }
  const asker = (id: string): string => owners.get(parents.get(id) ?? '') ?? ''
  return new Map(
    [...owners.keys()].map((id) => [
      id,
      { author: recount.posts.get(id)!.author, asker: asker(id), createdAt: times.get(id)! },
    ]),
  )
}

/** Somebody (nobody known: an empty id) does something with a post that counts as `what`. */
const react = (
  recount: Recount,
  post: string,
  user: string,
  what: 'likes' | 'comments' | 'saves' | 'negatives',
): void => {
  recount.posts.get(post)![what]++
  recount.reactions++
  if (user !== '') recount.users.add(user)
}

/** What each VoteTypeId is to a reader; the others are none of theirs. */
const VOTES: Readonly<Record<string, 'likes' | 'saves' | 'negatives'>> = {
  1: 'likes',
  2: 'likes',
  3: 'negatives',
  4: 'negatives',
  5: 'saves',
  12: 'negatives',
}

/** Counts the CSV files of a dump, line by line, by the table in cli/import/README.md. */
export const recountDump = (directory: string): Recount => {
  const empty = (): Counts => new Map()
  const recount: Recount = {
    posts: new Map<string, PostCount>(),
    postsByAuthor: empty(),
    postsByContainer: empty(),
    byUserAndAuthor: empty(),
    users: new Set(),
    reactions: 0,
    lastingSince: 0,
  }
  const posts = countPosts(directory, recount)
  const done: Done[] = []
  const does = (
    post: string,
    user: string,
    what: 'likes' | 'comments' | 'saves' | 'negatives',
    at: number,
  ) => {
    const { author, createdAt } = posts.get(post)!
    react(recount, post, user, what)
    done.push({ user, author, what, at: Math.max(at, createdAt) })
  }
  for (const [post, user, created] of rowsOf(directory, 'Comments', ['PostId', 'UserId', 'CreationDate'])) {
    if (posts.has(post!)) does(post!, user!, 'comments', timeOf(created!))
  }
  const columns = ['PostId', 'UserId', 'VoteTypeId', 'CreationDate']
  for (const [post, user, type, created] of rowsOf(directory, 'Votes', columns)) {
    const what = VOTES[type!]
    if (what === undefined || !posts.has(post!)) continue
    const known: Readonly<Record<string, string>> = { 1: posts.get(post!)!.asker, 5: user! }
    // Dated to the day, and imported as of its end.
    does(post!, known[type!] ?? '', what, timeOf(created!) + DAY_MS - 1)
  }
  const since = lastingSince(done.reduce((last, { at }) => Math.max(last, at), 0))
  const byUserAndAuthor = countLasting(
    done.filter(({ user }) => user !== ''),
    since,
  )
  return { ...recount, byUserAndAuthor, lastingSince: since }
}
