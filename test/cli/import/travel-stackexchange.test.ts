import { createReadStream, existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { expect, test } from 'vitest'
import { importStackExchange } from '../../../cli/import/stackexchange.ts'

/** A real dump is recounted here with other means than the importer's: lines, one pattern, maps. */
const dump = join(process.env['FRESHET_DATA'] ?? resolve('../shared/data'), 'travel_stackexchange_2017')
const present = existsSync(dump)

/** A comma that an even number of quotes follows. */
const COMMA = /,(?=(?:[^"]*"[^"]*")*[^"]*$)/

async function* rowsOf(table: string): AsyncGenerator<Readonly<Record<string, string>>> {
  const input = createReadStream(join(dump, `${table}.csv.gz`)).pipe(createGunzip())
  let header: readonly string[] | undefined
  for await (const line of createInterface({ input })) {
    const cells = line.split(COMMA)
    if (header === undefined) header = cells
    else yield Object.fromEntries(header.map((name, index) => [name, cells[index] ?? '']))
  }
}

const VOTE_KINDS: Readonly<Record<string, string>> = {
  1: 'like',
  2: 'like',
  3: 'see_less',
  4: 'report',
  5: 'save',
  12: 'report',
}

/** Number of events by kind, post, its author and who acted. */
type Counts = Map<string, number>

const count = (counts: Counts, ...parts: readonly string[]): void => {
  const key = parts.join(' ')
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

const countDump = async (): Promise<Counts> => {
  const counts: Counts = new Map()
  const posts = new Map<string, Readonly<Record<string, string>>>()
  const authorOf = (id: string): string => posts.get(id)?.['OwnerUserId'] || `unknown-author-of-${id}`
  for await (const row of rowsOf('Posts')) {
    if (row['PostTypeId'] !== '1' && row['PostTypeId'] !== '2') continue
    const id = row['Id']!
    posts.set(id, row)
    count(counts, 'published', id, authorOf(id), row['ParentId']!)
    if (row['LastEditDate'] !== '') count(counts, 'edited', id, authorOf(id), row['ParentId']!)
  }
  for await (const row of rowsOf('Comments')) {
    const id = row['PostId']!
    if (posts.has(id)) count(counts, 'comment', id, authorOf(id), row['UserId']!)
  }
  for await (const row of rowsOf('Votes')) {
    const id = row['PostId']!
    const kind = VOTE_KINDS[row['VoteTypeId']!]
    if (kind === undefined || !posts.has(id)) continue
    const asker = posts.get(posts.get(id)!['ParentId']!)?.['OwnerUserId'] ?? ''
    const by = { 1: asker, 5: row['UserId']! }[row['VoteTypeId']!] ?? ''
    count(counts, kind, id, authorOf(id), by)
  }
  return counts
}

interface Counted {
  readonly counts: Counts
  readonly events: number
  readonly eventIds: number
  readonly inOrder: boolean
}

const countEvents = async (file: string): Promise<Counted> => {
  const counts: Counts = new Map()
  const eventIds = new Set<string>()
  let events = 0
  let last = 0
  let inOrder = true
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const { value } = JSON.parse(line) as { value: Record<string, string | null> & { at: number } }
    count(
      counts,
      value['action'] ?? value['kind']!,
      value['postId']!,
      value['authorId']!,
      value['containerId'] ?? value['userId'] ?? '',
    )
    eventIds.add(value['eventId']!)
    events++
    inOrder &&= value.at >= last
    last = value.at
  }
  return { counts, events, eventIds: eventIds.size, inOrder }
}

test.skipIf(!present)(
  `travel.stackexchange.com comes out whole${present ? '' : `: not run, ${dump} is absent (FRESHET_DATA names the directory above it)`}`,
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'freshet-travel-'))
    try {
      const out = join(directory, 'travel.ndjson')
      const report = await importStackExchange({ directory: dump, out })
      const [expected, actual] = [await countDump(), await countEvents(out)]
      expect(actual).toMatchObject({ events: report.events, eventIds: report.events, inOrder: true })
      expect(actual.counts.size).toBe(expected.size)
      const wrong = [...expected].filter(([key, events]) => actual.counts.get(key) !== events)
      expect(wrong.slice(0, 10)).toEqual([])
      expect(report.written).toEqual({
        posts: { edited: 37_614, published: 68_193 },
        reactions: { comment: 157_875, like: 469_842, report: 1, save: 11_798, see_less: 15_780 },
      })
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  },
)
