import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { mermaid } from '../../engine/describe.ts'
import { FrameWriter } from '../../engine/log/frame.ts'
import { affinity } from '../../topologies/affinity.ts'
import { openData } from '../../cli/runtime/open.ts'
import { ndjson, post, reaction, tie } from './community.ts'
import { freshet, lastJson, Spawned } from './spawned.ts'
import { temporaryDirectory } from './temporary.ts'

const LISTENS = /listens at (http:\S+),/

describe('the help', () => {
  test('lists the commands', async () => {
    const { code, stdout } = await freshet(await temporaryDirectory(), '--help')
    expect(code).toBe(0)
    for (const name of [
      'up',
      'import',
      'embed',
      'replay',
      'state',
      'feature',
      'dlq',
      'describe',
      'new',
      'bench',
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
    }
  })

  test('of benchmarks has a line about each', async () => {
    const { code, stdout } = await freshet(await temporaryDirectory(), 'bench', '--help')
    expect(code).toBe(0)
    const lines = stdout.slice(stdout.indexOf('Benchmarks:'), stdout.indexOf('Examples:')).trim().split('\n')
    expect(lines.length).toBeGreaterThan(15)
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {2}[a-z-]+ +[A-Z].*\.$/)
    expect(stdout).toMatch(/^ {2}features +Rows of a view/m)
  })

  test.each([
    ['up'],
    ['embed'],
    ['replay'],
    ['state', 'scan'],
    ['feed'],
    ['explain'],
    ['feature', 'get'],
    ['config'],
    ['serve'],
    ['worker'],
    ['topics', 'apply'],
    ['off-policy'],
  ])('of %s %s shows an example', async (...args) => {
    const { code, stdout } = await freshet(await temporaryDirectory(), ...args, '--help')
    expect(code).toBe(0)
    expect(stdout).toMatch(/Examples:\n {2}\$ freshet /)
  })
})

describe('a command that cannot run', () => {
  test.each([
    [['nope'], 2, /unknown command/],
    [['state', 'get', 'connections'], 2, /missing required argument/],
    [['up', '--port', '99999'], 2, /--port.*0 to 65535/],
    [['up', '--world', '3'], 2, /--world.*20 to 5000/],
    [['up', '--world', '30', '--data', 'mine'], 2, /cannot be used with/],
    [['up', '--prot', '1'], 2, /unknown option '--prot'/],
    [['replay', 'x.ndjson', '--speed', '0'], 2, /--speed/],
    [['feature', 'get', 'post', 'p1', '--as-of', 'yesterday'], 2, /--as-of/],
    [['state', 'scan', 'post', '--as-of', 'yesterday'], 2, /--as-of/],
    [['new', 'view', 'Not A Name'], 2, /USAGE: "Not A Name"/],
    [['embed', 'x.ndjson', '--out', 'y.ndjson'], 2, /--model/],
    [['embed', 'missing.ndjson', '--model', 'm', '--out', 'x'], 1, /FILE_UNREADABLE: missing\.ndjson/],
    [['replay', 'missing.ndjson'], 1, /FILE_UNREADABLE: missing\.ndjson/],
    [['feed', 'ada'], 1, /NO_DATA: "\.freshet\/data"/],
    [['feed', 'ada', '--limit', '0'], 2, /--limit/],
    [['explain', 'ada'], 2, /missing required argument 'post'/],
    [['explain', 'ada', 'p1', '--url', 'http://127.0.0.1:9'], 1, /NOT_REACHABLE/],
    [['state', 'get', 'connections', 'ada'], 1, /NO_DATA: "\.freshet\/data"/],
    [['state', 'get', 'connections', 'ada', '--url', 'http://127.0.0.1:9'], 1, /NOT_REACHABLE/],
    [['describe', 'nope'], 1, /UNKNOWN_TOPOLOGY.*affinity/],
    [['bench', 'nope'], 1, /UNKNOWN_BENCH.*engine/],
    [['new', 'view', 'user-weekend'], 1, /NOT_A_CHECKOUT/],
    [['import', 'stackexchange', 'missing', '--out', 'x'], 1, /missing/],
  ] as const)('%j says so on one line and ends with %i', async (args, expected, message) => {
    const { code, stdout, stderr } = await freshet(await temporaryDirectory(), ...args)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(stderr).toMatch(message)
    expect([code, stdout]).toEqual([expected, ''])
  })

  test('says what is at odds with what the environment sets', async () => {
    const environment = { FRESHET_KAFKA_BROKERS: '127.0.0.1:1' }
    const args = ['up', '--world', '30', '--port', '0']
    const { code, stderr } = await new Spawned(await temporaryDirectory(), args, environment).ended
    expect([code, stderr]).toEqual([2, expect.stringMatching(/USAGE: --world .*FRESHET_KAFKA_BROKERS/)])
  })

  test.each([
    [
      { FRESHET_REDIS_URLS: 'redis://127.0.0.1:1' },
      [],
      /CONFIG_INVALID: kafka\.brokers is missing.* redis\.urls: /,
    ],
    [{}, ['--registry', 'http://127.0.0.1:1'], /CONFIG_INVALID: kafka\.brokers is missing.* registry\.url: /],
  ])(
    'up with %j and %j does not begin without the Kafka that these are for',
    async (environment, args, message) => {
      const up = ['up', '--port', '0', ...args]
      const { code, stderr } = await new Spawned(await temporaryDirectory(), up, environment).ended
      expect([code, stderr]).toEqual([1, expect.stringMatching(message)])
    },
  )

  test.each([
    ['dlq', 'list'],
    ['dlq', 'show', 'posts/0/0'],
    ['dlq', 'replay', 'posts'],
    ['train', '--once'],
  ])('%s %s looks into the directory that it was told, though brokers are set', async (...args) => {
    const environment = { FRESHET_KAFKA_BROKERS: '127.0.0.1:1' }
    const told = [...args, '--data', 'nowhere']
    const { code, stderr } = await new Spawned(await temporaryDirectory(), told, environment).ended
    expect([code, stderr]).toEqual([1, expect.stringMatching(/NO_DATA: "nowhere"/)])
  })

  test('shows where it failed when asked', async () => {
    const args = ['describe', 'nope']
    const { stderr } = await new Spawned(await temporaryDirectory(), args, { FRESHET_DEBUG: '1' }).ended
    expect(stderr).toMatch(/^ {4}at /m)
  })
})

describe('freshet up', () => {
  test('takes events, serves feeds, stops cleanly on a signal, and keeps what it accepted', async () => {
    const directory = await temporaryDirectory()
    const up = new Spawned(directory, ['up', '--port', '0'])
    const url = await up.printed(LISTENS)
    const body = ndjson([
      tie('ada', 'bea', 'friend'),
      post('p1', 'bea'),
      reaction('ada', 'p0', 'bea', 'like'),
    ])
    const headers = { 'content-type': 'application/x-ndjson' }
    const accepted = await fetch(`${url}/v1/events`, { method: 'POST', headers, body })
    expect(await accepted.json()).toEqual({ accepted: 3, refused: [] })

    const locked = await freshet(directory, 'state', 'get', 'connections', 'ada')
    expect([locked.code, locked.stderr]).toEqual([
      1,
      expect.stringMatching(/DATA_LOCKED: opening \S+data\. Another process has this data directory open/),
    ])
    const taken = await freshet(directory, 'up', '--data', 'other', '--port', new URL(url).port)
    expect([taken.code, taken.stderr]).toEqual([1, expect.stringMatching(/PORT_TAKEN.*--port/)])
    const live = await freshet(directory, 'state', 'get', 'connections', 'ada', '--url', url, '--json')
    expect(lastJson(live)).toMatchObject({ value: { friends: [{ id: 'bea' }] } })

    up.signal('SIGTERM')
    expect(await up.ended).toMatchObject({ code: 0, stderr: '' })
    const feature = await freshet(directory, 'feature', 'get', 'user-author', 'ada', 'bea', '--json')
    expect(lastJson(feature)).toMatchObject({ known: true, columns: { 'user_author.likes.total': 1 } })
    const table = await freshet(directory, 'feature', 'get', 'user-author', 'ada', 'bea')
    expect(table.stdout).toMatch(/^user_author\.likes\.total +1 +events$/m)
    const verbose = await freshet(directory, 'feature', 'get', 'user-author', 'ada', 'bea', '--verbose')
    expect(verbose.stdout).toMatch(
      /^user_author\.likes\.total +1 +events +Sum of likes over the last 420d at least, in whole tiles of 420d\.$/m,
    )
    const none = await freshet(directory, 'state', 'get', 'connections', 'nobody')
    expect([none.code, none.stdout]).toEqual([1, 'nobody: there is no row\n'])
    const rows = await freshet(directory, 'state', 'scan', 'user-author', 'ada', '--json')
    expect(lastJson(rows)['rows']).toMatchObject([{ key: ['ada', 'bea'] }])
  })

  test('listens where the environment says, unless an option does', async () => {
    const environment = { FRESHET_SERVING_HOST: '127.0.0.2', FRESHET_SERVING_PORT: '0' }
    const up = new Spawned(await temporaryDirectory(), ['up'], environment)
    const url = new URL(await up.printed(LISTENS))
    expect([url.hostname, url.port === '8080']).toEqual(['127.0.0.2', false])
    up.signal('SIGTERM')
    expect(await up.ended).toMatchObject({ code: 0 })
  })

  test('with --world serves a feed to people of an invented society, and names a request to try', async () => {
    const directory = await temporaryDirectory()
    const up = new Spawned(directory, ['up', '--world', '60', '--port', '0'])
    const request = await up.printed(/curl '(\S+)'/)
    const metrics = await (await fetch(new URL('/metrics', request))).text()
    expect(metrics, 'a feed was made before one is asked for').toMatch(
      /^freshet_feed_stage_ms_count.* [1-9]/m,
    )
    const feed = (await (await fetch(request)).json()) as { items: { reason: { text: string } }[] }
    expect(feed.items).toHaveLength(5)
    expect(feed.items[0]!.reason.text).toMatch(/\w/)
    const second = await freshet(directory, 'up', '--world', '60', '--port', '0')
    expect([second.code, second.stderr]).toEqual([1, expect.stringContaining('DATA_LOCKED')])
    up.signal('SIGINT')
    expect((await up.ended).code).toBe(0)
  })

  test('does not move into a directory of others', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'mine'))
    await writeFile(join(directory, 'mine', 'letter.txt'), 'dear')
    const { code, stderr } = await freshet(directory, 'up', '--data', 'mine', '--port', '0')
    expect([code, stderr]).toEqual([1, expect.stringContaining('DATA_FOREIGN')])
  })

  test('keeps to the partitions that its directory has', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'events.ndjson'), ndjson([reaction('ada', 'p1', 'bea', 'like')]))
    const first = await freshet(directory, 'replay', 'events.ndjson', '--partitions', '3', '--json')
    expect(lastJson(first)).toMatchObject({ accepted: 1 })
    const again = await freshet(directory, 'replay', 'events.ndjson', '--json')
    expect(lastJson(again)).toMatchObject({ accepted: 1, duplicates: 1 })
    const other = await freshet(directory, 'replay', 'events.ndjson', '--partitions', '2')
    expect([other.code, other.stderr]).toEqual([1, expect.stringMatching(/TOPIC_MISMATCH.*3 partitions/)])
  })
})

describe('freshet replay', () => {
  test('ends with its figures, on one line of JSON or in words', async () => {
    const directory = await temporaryDirectory()
    const lines = `${ndjson([post('p1', 'bea'), reaction('ada', 'p1', 'bea', 'like')])}nope\n`
    await writeFile(join(directory, 'events.ndjson.gz'), gzipSync(lines))
    const json = await freshet(directory, 'replay', 'events.ndjson.gz', '--json')
    expect(json.code).toBe(0)
    expect(lastJson(json)).toEqual({
      accepted: 2,
      refused: 1,
      late: 0,
      duplicates: 0,
      dead_letters: 0,
      settled: true,
      events_per_s: expect.any(Number),
      seconds: expect.any(Number),
    })
    expect(json.stderr).toMatch(/^line 3: NOT_JSON/m)
    const words = await freshet(directory, 'replay', 'events.ndjson.gz')
    expect(words.stdout).toMatch(/^duplicates +2$/m)
  })
})

describe('freshet dlq', () => {
  test('lists, shows and replays what was put aside', async () => {
    const directory = await temporaryDirectory()
    const { embedded } = await openData({ data: join(directory, '.freshet/data') })
    const frame = new FrameWriter()
    frame.append(Date.now(), Buffer.from('ada'), 0, 3, Buffer.from('junk'), 0, 4)
    await embedded.log.append([{ topic: 'posts', partition: 0, frame: frame.take() }])
    await embedded.settled()
    await embedded.close()
    const list = await freshet(directory, 'dlq', 'list')
    expect(list.stdout).toMatch(/posts: 1\nposts\/0\/0 .*DECODE_FAILED/)
    expect(lastJson(await freshet(directory, 'dlq', 'show', 'posts/0/0', '--json'))).toMatchObject({
      code: 'DECODE_FAILED',
      valueHex: Buffer.from('junk').toString('hex'),
    })
    const dry = await freshet(directory, 'dlq', 'replay', 'posts', '--dry-run')
    expect(dry.stdout).toMatch(/posts\/0\/0 .*4 bytes that do not decode\nNothing was replayed/)
    const replayed = await freshet(directory, 'dlq', 'replay', 'posts', '--json')
    expect(lastJson(replayed)).toEqual({ replayed: 0, ids: [], refused: ['posts/0/0'] })
    const one = await freshet(directory, 'dlq', 'replay', 'posts/0/0')
    expect([one.code, one.stderr]).toEqual([1, expect.stringContaining('NOT_REPLAYABLE: posts/0/0 would be')])
    expect(lastJson(await freshet(directory, 'dlq', 'list', '--json'))).toMatchObject({
      topics: { posts: 1 },
    })
  })
})

test('freshet describe draws a topology as its committed picture does', async () => {
  const directory = await temporaryDirectory()
  const picture = await freshet(directory, 'describe', 'affinity', '--mermaid')
  expect(picture.stdout).toBe(mermaid(affinity))
  expect(lastJson(await freshet(directory, 'describe', '--json'))).toMatchObject({ name: 'everything' })
  expect((await freshet(directory, 'describe')).stdout).toContain(
    'connections: Who and what a user is connected to',
  )
})

test('freshet import and replay take a dump to a feed', async () => {
  const directory = await temporaryDirectory()
  await mkdir(join(directory, 'dump'))
  const tables = {
    Posts:
      'Id,PostTypeId,ParentId,OwnerUserId,CreationDate,LastEditDate,Title\n1,1,,9,2017-08-01T10:00:00.000,,Trains?\n',
    Tags: 'Id,TagName\n1,trains\n',
    Comments: 'CreationDate,Id,PostId,UserId\n2017-08-01T12:00:00.257,1,1,12\n',
    Votes: 'CreationDate,Id,PostId,UserId,VoteTypeId\n2017-08-02T00:00:00.000,10,1,,2\n',
  }
  for (const [name, text] of Object.entries(tables))
    await writeFile(join(directory, 'dump', `${name}.csv`), text)
  const imported = await freshet(
    directory,
    'import',
    'stackexchange',
    'dump',
    '--out',
    'events.ndjson',
    '--json',
  )
  expect(lastJson(imported)).toMatchObject({ events: 3 })
  expect(lastJson(await freshet(directory, 'replay', 'events.ndjson', '--json'))).toMatchObject({
    accepted: 3,
  })
  const post = await freshet(directory, 'feature', 'get', 'post', '1', '--as-of', '2017-08-02', '--json')
  expect(lastJson(post)).toMatchObject({ columns: { 'post.comments.total': 1 } })
})
