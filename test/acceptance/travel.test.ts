import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { importStackExchange } from '../../cli/import/stackexchange.ts'
import { LocalSink } from '../../cli/replay/local-sink.ts'
import { replay, type ReplayResult } from '../../cli/replay/replay.ts'
import { systemClock } from '../../cli/runtime/clock.ts'
import { openData, type Opened } from '../../cli/runtime/open.ts'
import { AUTHOR_POSTS_MAX, CONTAINER_POSTS_MAX } from '../../processors/post-index.ts'
import { temporaryDirectory } from '../cli/temporary.ts'
import { recountDump } from './travel/dump.ts'
import { type Counts, type Recount, summary } from './travel/recount.ts'
import { countComments, countPostsByHour, recountState } from './travel/state.ts'

const dump = join(process.env['FRESHET_DATA'] ?? resolve('../shared/data'), 'travel_stackexchange_2017')
const isPresent = existsSync(dump)
const why = isPresent ? '' : `: not run, ${dump} is absent (FRESHET_DATA names the directory above it)`
if (!isPresent) process.stdout.write(`travel.test.ts${why}\n`)

/** Some 40 seconds of work, and other tests run beside it. */
const TEST_MS_MAX = 300_000

const run = ({ embedded, counts }: Opened, file: string): Promise<ReplayResult> =>
  replay({
    file,
    speed: Infinity,
    sink: new LocalSink(embedded, counts, systemClock),
    clock: systemClock,
    onRefused: (refusal) => expect.unreachable(JSON.stringify(refusal)),
    onProgress: () => undefined,
  })

const bounded = (counts: Counts, most: number): Counts =>
  new Map([...counts].map(([key, value]) => [key, Math.min(value, most)]))

/** As a short list of what differs: hundreds of thousands of counts are not to be printed. */
const differences = <Value>(
  wanted: ReadonlyMap<string, Value>,
  found: ReadonlyMap<string, Value>,
): string[] => {
  const keys = [...new Set([...wanted.keys(), ...found.keys()])]
  const text = (value: Value | undefined): string => JSON.stringify(value) ?? 'nothing'
  return keys
    .filter((key) => text(wanted.get(key)) !== text(found.get(key)))
    .slice(0, 10)
    .map((key) => `${key}: ${text(wanted.get(key))} wanted, ${text(found.get(key))} found`)
}

/** An index keeps only so many posts. */
const asIndexed = (recount: Recount): Recount => ({
  ...recount,
  postsByAuthor: bounded(recount.postsByAuthor, AUTHOR_POSTS_MAX),
  postsByContainer: bounded(recount.postsByContainer, CONTAINER_POSTS_MAX),
})

test.skipIf(!isPresent)(
  `of travel.stackexchange.com nothing is lost between its files and the state${why}`,
  async () => {
    const directory = await temporaryDirectory()
    const file = join(directory, 'travel.ndjson')
    const { events } = await importStackExchange({ directory: dump, out: file })
    const opened = await openData({ data: join(directory, 'data') })
    try {
      const result = await run(opened, file)
      const wanted = asIndexed(recountDump(dump))
      const found = await recountState(opened.embedded, wanted.lastingSince)
      const comments = await countComments(opened.embedded)
      process.stdout.write(`${JSON.stringify({ ...summary(found), ...result })}\n`)

      expect(result).toMatchObject({ accepted: events, refused: 0, duplicates: 0, dead_letters: 0 })
      expect(summary(found)).toEqual(summary(wanted))
      expect(differences(wanted.posts, found.posts)).toEqual([])
      expect(differences(wanted.postsByAuthor, found.postsByAuthor)).toEqual([])
      expect(differences(wanted.postsByContainer, found.postsByContainer)).toEqual([])
      expect(differences(wanted.byUserAndAuthor, found.byUserAndAuthor)).toEqual([])
      expect(found.users).toEqual(wanted.users)
      const commented = [...wanted.posts].filter(([, post]) => post.comments > 0)
      expect(differences(new Map(commented.map(([id, post]) => [id, post.comments])), comments)).toEqual([])
      expect(await countPostsByHour(opened.embedded)).toBe(wanted.posts.size)
    } finally {
      await opened.embedded.close()
    }
  },
  TEST_MS_MAX,
)
