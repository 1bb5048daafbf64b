import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { importStackExchange } from '../../../cli/import/stackexchange.ts'
import type { ImportProgress, ImportReport } from '../../../cli/import/stackexchange.ts'

/** Every case of the mapping once, in Stack Exchange's own column order. */
const POSTS = `Id,PostTypeId,ParentId,OwnerUserId,CreationDate,LastEditDate,Title,ViewCount
1,1,,9,2017-08-01T10:00:00.000,2017-08-03T08:00:00.500,"Trains, ""night trains"" and New Zealand?",419
2,2,1,12,2017-08-01T11:00:00.000,,,
3,1,,,2017-08-02T09:00:00.000,,Visa for CAN,7
4,2,3,,2017-08-02T09:30:00.000,,,
5,5,,-1,2017-08-02T09:30:00.000,,,
6,2,77,12,2017-08-02T09:30:00.000,,,
`
const TAGS = `Count,Id,TagName
1,1,trains
1,2,new-zealand
1,3,zealand
1,4,can
`
const COMMENTS = `CreationDate,Id,PostId,Score,UserId
2017-08-01T12:00:00.257,1,1,0,12
2017-08-01T12:00:01.000,2,2,0,
2017-07-01T00:00:00.000,3,3,0,12
2017-08-01T12:00:02.000,4,5,0,12
2017-08-01T12:00:03.000,5,99,0,12
`
const VOTES = `BountyAmount,CreationDate,Id,PostId,UserId,VoteTypeId
,2017-08-02T00:00:00.000,10,2,,1
,2017-08-01T00:00:00.000,11,1,,2
,2017-08-01T00:00:00.000,12,1,,3
,2017-08-01T00:00:00.000,13,1,,4
,2017-08-01T00:00:00.000,14,1,,12
,2017-08-02T00:00:00.000,15,3,20,5
,2017-08-03T00:00:00.000,16,4,,1
,2017-08-01T00:00:00.000,17,3,,2
50,2017-08-02T00:00:00.000,18,1,20,8
,2017-08-02T00:00:00.000,19,1,,10
,2017-08-02T00:00:00.000,20,99,,2
,2017-08-02T00:00:00.000,21,5,,2
,2017-08-02T00:00:00.000,22,6,,1
`

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'freshet-import-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const writeDump = (tables: Record<string, string | Buffer>): Promise<void[]> =>
  Promise.all(Object.entries(tables).map(([name, content]) => writeFile(join(directory, name), content)))

const DUMP = { 'Posts.csv': POSTS, 'Tags.csv': TAGS, 'Comments.csv': COMMENTS, 'Votes.csv': VOTES }

interface Line {
  readonly topic: string
  readonly value: Readonly<Record<string, unknown>>
}

const run = async (): Promise<{ report: ImportReport; lines: readonly Line[] }> => {
  const out = join(directory, 'events.ndjson')
  const report = await importStackExchange({ directory, out })
  const text = await readFile(out, 'utf8')
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
  return { report, lines }
}

const event = async (eventId: string): Promise<Line | undefined> =>
  (await run()).lines.find(({ value }) => value['eventId'] === eventId)

const at = (time: string): number => Date.parse(time)

describe('a small dump', () => {
  beforeEach(() => writeDump(DUMP))

  test('a question is a post whose text is its title and whose hashtags stand in it', async () => {
    expect(await event('post-1')).toEqual({
      topic: 'posts',
      value: {
        eventId: 'post-1',
        action: 'published',
        postId: '1',
        authorId: '9',
        kind: 'text',
        audience: 'public',
        text: 'Trains, "night trains" and New Zealand?',
        language: 'en',
        hashtags: ['trains', 'new-zealand'],
        at: at('2017-08-01T10:00:00Z'),
      },
    })
  })

  test('an edit carries the whole post', async () => {
    const published = await event('post-1')
    const edited = await event('edit-1')
    expect(edited?.value).toEqual({
      ...published?.value,
      eventId: 'edit-1',
      action: 'edited',
      at: at('2017-08-03T08:00:00.5Z'),
    })
  })

  test('an answer lies in its question, without text or hashtags', async () => {
    const answer = await event('post-2')
    expect(answer?.value).toMatchObject({ authorId: '12', containerId: '1' })
    expect(answer?.value).not.toHaveProperty('text')
    expect(answer?.value).not.toHaveProperty('hashtags')
  })

  test('unknown authors are a different stranger for each post', async () => {
    expect((await event('post-3'))?.value['authorId']).toBe('unknown-author-of-3')
    expect((await event('post-4'))?.value['authorId']).toBe('unknown-author-of-4')
    expect((await event('vote-15'))?.value['authorId']).toBe('unknown-author-of-3')
  })

  test('a comment is a reaction of its user, or of nobody where the dump has none', async () => {
    expect(await event('comment-1')).toEqual({
      topic: 'reactions',
      value: {
        eventId: 'comment-1',
        userId: '12',
        postId: '1',
        authorId: '9',
        kind: 'comment',
        commentId: '1',
        at: at('2017-08-01T12:00:00.257Z'),
      },
    })
    expect((await event('comment-2'))?.value['userId']).toBeNull()
  })

  test('a comment dated before its post is placed at the post', async () => {
    expect((await event('comment-3'))?.value['at']).toBe(at('2017-08-02T09:00:00Z'))
  })

  test.each([
    [
      'vote-10',
      { kind: 'like', userId: '9', postId: '2', authorId: '12', at: at('2017-08-02T23:59:59.999Z') },
    ],
    ['vote-11', { kind: 'like', userId: null, authorId: '9', at: at('2017-08-01T23:59:59.999Z') }],
    ['vote-12', { kind: 'see_less', userId: null }],
    ['vote-13', { kind: 'report', userId: null }],
    ['vote-14', { kind: 'report', userId: null }],
    ['vote-15', { kind: 'save', userId: '20', at: at('2017-08-02T23:59:59.999Z') }],
    ['vote-16', { kind: 'like', userId: null, authorId: 'unknown-author-of-4' }],
    ['vote-22', { kind: 'like', userId: null, authorId: '12' }],
    ['vote-17', { kind: 'like', at: at('2017-08-02T09:00:00Z') }],
  ])('%s is %o', async (eventId, expected) => {
    expect((await event(eventId))?.value).toMatchObject(expected)
  })

  test('events are in time order, and a post comes before what happens to it', async () => {
    const { lines } = await run()
    const times = lines.map(({ value }) => Number(value['at']))
    expect(times).toEqual([...times].sort((one, other) => one - other))
    const published = new Set<unknown>()
    for (const { value } of lines) {
      if (value['action'] === 'published') published.add(value['postId'])
      expect(published).toContain(value['postId'])
    }
  })

  test('the report counts what was written, and what was not and why', async () => {
    expect((await run()).report).toEqual({
      events: 18,
      written: {
        posts: { published: 5, edited: 1 },
        reactions: { comment: 3, like: 5, save: 1, see_less: 1, report: 2 },
      },
      skipped: {
        'post of type 5': 1,
        'comment on a post of a skipped type': 1,
        'comment on a post that is not in the dump': 1,
        'vote of type 8': 1,
        'vote of type 10': 1,
        'vote on a post of a skipped type': 1,
        'vote on a post that is not in the dump': 1,
      },
      movedToPost: 2,
      firstAt: at('2017-08-01T10:00:00Z'),
      lastAt: at('2017-08-03T23:59:59.999Z'),
    })
  })

  test('the same dump gives the same bytes, compressed or not, and leaves nothing beside them', async () => {
    const plain = await run()
    await Promise.all(Object.keys(DUMP).map((name) => rm(join(directory, name))))
    await writeDump(
      Object.fromEntries(Object.entries(DUMP).map(([name, text]) => [`${name}.gz`, gzipSync(text)])),
    )
    expect(await run()).toEqual(plain)
    const names = await readdir(directory)
    expect(names.sort()).toEqual([
      'Comments.csv.gz',
      'Posts.csv.gz',
      'Tags.csv.gz',
      'Votes.csv.gz',
      'events.ndjson',
    ])
  })

  test('progress names each stage and ends with all events', async () => {
    const seen: ImportProgress[] = []
    await importStackExchange({
      directory,
      out: join(directory, 'events.ndjson'),
      onProgress: (progress) => seen.push(progress),
    })
    expect(seen.map(({ stage }) => stage)).toEqual(['posts', 'comments', 'votes', 'sorting'])
    expect(seen.at(-1)?.events).toBe(18)
  })
})

test.each(['<Air-Travel><visas>', '|air-travel|visas|'])(
  'a Tags column (%s) gives the hashtags',
  async (cell) => {
    await writeDump({
      'Posts.csv': `Id,PostTypeId,ParentId,OwnerUserId,CreationDate,LastEditDate,Title,Tags
1,1,,9,2017-08-01T10:00:00.000,,Trains,${cell}
2,2,1,9,2017-08-01T10:00:00.000,,,
`,
      'Comments.csv': 'CreationDate,Id,PostId,UserId\n',
      'Votes.csv': 'CreationDate,Id,PostId,UserId,VoteTypeId\n',
    })
    const { lines } = await run()
    expect(lines[0]?.value['hashtags']).toEqual(['air-travel', 'visas'])
    expect(lines[1]?.value).not.toHaveProperty('hashtags')
  },
)

describe('a dump that cannot be imported', () => {
  test.each([
    [{ 'Votes.csv': undefined }, /has neither Votes\.csv nor Votes\.csv\.gz/],
    [{ 'Tags.csv': undefined }, /has neither Tags\.csv nor Tags\.csv\.gz/],
    [{ 'Votes.csv': '' }, /Votes\.csv is empty/],
    [{ 'Votes.csv': 'Id,PostId\n' }, /Votes\.csv has no column VoteTypeId/],
    [{ 'Votes.csv': `${VOTES}1,2\n` }, /Votes\.csv cannot be read: .*line 15/],
    [
      { 'Votes.csv': VOTES.replace('T00', ' 00') },
      /Votes\.csv, row 1: CreationDate is "2017-08-02 00:.* not a time/,
    ],
    [
      { 'Comments.csv': COMMENTS.replace(',1,0,12', ',x,0,12') },
      /Comments\.csv, row 1: PostId is "x", not a whole/,
    ],
    [
      { 'Posts.csv': POSTS.replace('\n1,', '\n9999999999,') },
      /Posts\.csv, row 1: Id is "9999999999", not an id from/,
    ],
    [
      { 'Posts.csv': POSTS.replace('2017-08-01T10', '1917-08-01T10') },
      /post-1 breaks the contract: .*posts\.at/,
    ],
    [{ 'Posts.csv': POSTS.replace('2017-08-01T10:00:00.000', '') }, /row 1: CreationDate is "", not a value/],
  ])('%o is refused with what to do, and leaves no output', async (changes, message) => {
    const tables: Record<string, string> = {}
    for (const [name, text] of Object.entries({ ...DUMP, ...changes }))
      if (text !== undefined) tables[name] = text
    await writeDump(tables)
    await expect(run()).rejects.toThrow(message)
    expect((await readdir(directory)).sort()).toEqual(Object.keys(tables).sort())
  })

  test('a broken archive is named', async () => {
    await writeDump({ ...DUMP, 'Posts.csv.gz': gzipSync(POSTS).subarray(0, 60) })
    await rm(join(directory, 'Posts.csv'))
    await expect(run()).rejects.toThrow(/Posts\.csv\.gz cannot be read/)
  })

  test('an output that cannot be written is named', async () => {
    await writeDump(DUMP)
    const out = join(directory, 'missing', 'events.ndjson')
    await expect(importStackExchange({ directory, out })).rejects.toThrow(/Cannot write .*events\.ndjson/)
  })
})
