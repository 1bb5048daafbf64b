import { expect, test } from 'vitest'
import type { View } from '../../../features/view.ts'
import { author } from '../../../processors/views/author.ts'
import { post } from '../../../processors/views/post.ts'
import { userAuthor } from '../../../processors/views/user-author.ts'
import { openEnvelope, type Envelope } from '../../../schemas/envelope.ts'
import { DAY_MS } from '../../../schemas/ids.ts'
import type { Reaction, ReactionKind } from '../../../schemas/reactions/index.ts'
import { rowOf } from '../../features/oracle.ts'
import { T0 } from '../../processors/events.ts'
import { countTotals } from './totals.ts'

const reaction = (eventId: string, userId: string | null, kind: ReactionKind, more: object = {}): Envelope =>
  openEnvelope({
    topic: 'reactions',
    value: { eventId, userId, postId: 'p', authorId: 'bob', kind, at: T0, ...more },
  })

const STANDING = [
  reaction('1', 'ann', 'view'),
  reaction('2', 'ann', 'like'),
  reaction('3', null, 'view'),
  reaction('4', 'eve', 'skip'),
  reaction('5', 'eve', 'follow_author'),
]
/** What comes to nothing: an event told twice, an undo before what it undoes, and one of nothing. */
const BESIDE = [
  reaction('1', 'ann', 'view'),
  reaction('6', 'eve', 'save', { undo: true }),
  reaction('7', 'eve', 'save'),
  reaction('8', 'eve', 'like', { undo: true }),
]

const rowsOf = (events: readonly Envelope[]): Map<string, string> => {
  const row = (view: View<Reaction>, isOf: (value: Reaction) => boolean = () => true): string => {
    const values = events.map(({ value }) => value as Reaction)
    return Buffer.concat([Buffer.of(view.version), rowOf(view, values.filter(isOf))]).toString('hex')
  }
  return new Map([
    ['post/p', row(post)],
    ['author/bob', row(author)],
    ['user-author/ann\0bob', row(userAuthor, ({ userId }) => userId === 'ann')],
    ['user-author/eve\0bob', row(userAuthor, ({ userId }) => userId === 'eve')],
  ])
}

const events = [...BESIDE, ...STANDING]

test('rows that hold what reactions come to are right, whatever was told twice or taken back', () => {
  expect(countTotals(events, { rows: rowsOf(STANDING) })).toEqual({
    countedRows: 4,
    countedWrong: 0,
  })
})

test('a reaction that all processes missed alike makes every row of it wrong, and so does one counted twice', () => {
  const less = { rows: rowsOf(STANDING.slice(1)) }
  expect(countTotals(events, less)).toEqual({ countedRows: 4, countedWrong: 3 })
  const more = { rows: rowsOf([...STANDING, STANDING[1]!]) }
  expect(countTotals(events, more)).toEqual({ countedRows: 4, countedWrong: 2 })
})

test('a row that is missing is wrong, and so is one of nobody', () => {
  const rows = rowsOf(STANDING)
  rows.set('author/nobody', rows.get('author/bob')!)
  rows.delete('post/p')
  expect(countTotals(events, { rows })).toEqual({ countedRows: 5, countedWrong: 2 })
})

test('a row whose reactions lie longer apart than rows are kept is not counted', () => {
  const later = reaction('9', null, 'view', { postId: 'q', authorId: 'fay', at: T0 + 500 * DAY_MS })
  const counted = countTotals([...events, later], { rows: rowsOf(STANDING) })
  expect(counted).toEqual({ countedRows: 2, countedWrong: 2 })
})
