import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { embedFile, type EmbedResult } from '../../../cli/embed/embed.ts'
import type { Refusal } from '../../../cli/intake/refusal.ts'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { openData } from '../../../cli/runtime/open.ts'
import type { TextEmbedder } from '../../../models/text/embedder.ts'
import { OnnxEmbedder } from '../../../models/text/onnx-embedder.ts'
import { contentVectorOf } from '../../../processors/content/content-vector.ts'
import { CONTENT_DIMENSIONS } from '../../../processors/content/direction.ts'
import { contentVectorStart } from '../../../processors/post-attributes.ts'
import { posts } from '../../../schemas/posts/index.ts'
import { byPiece, bySum, modelIn } from '../../models/text/model-directory.ts'
import { ndjson, post, type PublishedEvent, reaction } from '../community.ts'
import { freshet, lastJson } from '../spawned.ts'
import { temporaryDirectory } from '../temporary.ts'

const opened = async (directory: string): Promise<TextEmbedder> => {
  const embedder = await OnnxEmbedder.open(directory)
  onTestFinished(() => embedder.dispose())
  return embedder
}

interface Embedded {
  readonly result: EmbedResult
  readonly refused: readonly Refusal[]
  readonly out: Buffer
}

/** Reads what is given from a file, packed where its bytes are, and writes `out`; beside it where nothing is named. */
const embed = async (content: string | Buffer, embedder: TextEmbedder, named?: string): Promise<Embedded> => {
  const directory = await temporaryDirectory()
  const file = join(directory, typeof content === 'string' ? 'events.ndjson' : 'events.ndjson.gz')
  const out = named ?? join(directory, 'out.ndjson')
  await writeFile(file, content)
  return embedBetween(file, out, embedder)
}

const embedBetween = async (file: string, out: string, embedder: TextEmbedder): Promise<Embedded> => {
  const refused: Refusal[] = []
  const result = await embedFile({
    file,
    out,
    embedder,
    clock: systemClock,
    onRefused: (refusal) => refused.push(refusal),
    onProgress: () => undefined,
  })
  return { result, refused, out: await readFile(out) }
}

const linesOf = (out: Buffer): string[] => out.toString().split('\n').slice(0, -1)

const valueOf = (line: string): Record<string, unknown> =>
  (JSON.parse(line) as { value: Record<string, unknown> }).value

/** Enough for several batches, of every kind in turn. */
const mixture = (count: number): PublishedEvent[] =>
  Array.from({ length: count }, (_, index) => {
    const id = `p${index}`
    if (index % 7 === 1) return reaction('ada', id, 'bea', 'like')
    if (index % 7 === 3) return post(id, 'bea', { text: 'to', contentEmbedding: [0.5, index] })
    if (index % 7 === 5) return post(id, 'bea', { text: index % 2 === 0 ? null : ' \n' })
    const action = index % 3 === 0 ? 'edited' : 'published'
    return post(id, 'bea', { text: `night ${'train '.repeat(index % 5)}`, hashtags: ['#Slow'], action })
  })

describe('posts of a file', () => {
  test('have the vectors of their own texts, and all other lines stand as they stood', async () => {
    const embedder = await opened(await modelIn(bySum(20)))
    const sizes: number[] = []
    const watched: TextEmbedder = {
      dimensions: embedder.dimensions,
      embed: (texts) => {
        sizes.push(texts.length)
        return embedder.embed(texts)
      },
      dispose: () => embedder.dispose(),
    }
    const events = mixture(500)
    const { result, out } = await embed(ndjson(events), watched)
    const written = linesOf(out)
    let embedded = 0
    for (const [index, event] of events.entries()) {
      const line = written[index]!
      const { text, contentEmbedding } = event.value
      const saysNothing = typeof text !== 'string' || text.trim() === ''
      if (event.topic !== 'posts' || contentEmbedding !== undefined || saysNothing) {
        expect(line).toBe(JSON.stringify(event))
        continue
      }
      embedded++
      // By itself, so that no neighbour's vector can stand in its place.
      const [vector] = await embedder.embed([text])
      expect(posts.fromJson(valueOf(line))).toEqual({
        ...posts.fromJson(event.value),
        contentEmbedding: [...vector!],
      })
    }
    expect(written).toHaveLength(500)
    expect(result).toMatchObject({
      lines: 500,
      embedded,
      passed_over: 500 - embedded,
      refused: 0,
      dimensions: 2,
    })
    expect(sizes, 'in batches, the last of which is what is left').toEqual([
      ...Array.from({ length: Math.floor(embedded / 64) }, () => 64),
      embedded % 64,
    ])
  })

  test('are found in what is packed, and packed again', async () => {
    const embedder = await opened(await modelIn())
    const content = ndjson(mixture(20))
    const { out } = await embed(content, embedder)
    const packed = join(await temporaryDirectory(), 'out.ndjson.gz')
    expect(gunzipSync((await embed(gzipSync(content), embedder, packed)).out)).toEqual(out)
  })

  test('may be written in place of the file that they are read from, and are left as they are the next time', async () => {
    const embedder = await opened(await modelIn())
    const file = join(await temporaryDirectory(), 'events.ndjson')
    await writeFile(file, ndjson(mixture(20)))
    const first = await embedBetween(file, file, embedder)
    const second = await embedBetween(file, file, embedder)
    expect([first.result.embedded > 0, second.result.embedded]).toEqual([true, 0])
    expect(second.out).toEqual(first.out)
  })

  test('that are deleted need none, nor do those of which the model says nothing', async () => {
    const embedder = await opened(await modelIn(byPiece([0, 0])))
    const content = ndjson([post('p1', 'bea', { action: 'deleted' }), post('p2', 'bea')])
    const { result, out } = await embed(content, embedder)
    expect(out.toString()).toBe(content)
    expect(result).toMatchObject({ lines: 2, embedded: 0, passed_over: 2, refused: 0 })
  })

  test('go past lines that are refused, which are named and stand where they stood', async () => {
    const embedder = await opened(await modelIn())
    const broken = JSON.stringify(post('p2', 'bea', { kind: 'poem' }))
    const lines = [
      JSON.stringify(post('p1', 'bea')),
      'nope',
      '',
      `{"topic":"posts","value":"${'x'.repeat(2 << 20)}"}`,
      broken,
      JSON.stringify(reaction('ada', 'p1', 'bea', 'like')),
    ]
    const { result, refused, out } = await embed(lines.join('\n'), embedder)
    expect(result).toMatchObject({ lines: 5, embedded: 1, passed_over: 1, refused: 3 })
    expect(refused.map(({ line, rule }) => [line, rule])).toEqual([
      [2, 'NOT_JSON'],
      [4, 'TOO_LARGE'],
      [5, 'NOT_IN_ENUM'],
    ])
    expect(linesOf(out).slice(1)).toEqual(['nope', broken, lines[5]])
  })
})

describe('an output', () => {
  test('is as it was, with nothing left beside it, where a text cannot be embedded', async () => {
    const embedder = await OnnxEmbedder.open(await modelIn())
    await embedder.dispose()
    const directory = await temporaryDirectory()
    const out = join(directory, 'out.ndjson')
    await writeFile(out, 'before')
    await expect(embed(ndjson(mixture(3)), embedder, out)).rejects.toMatchObject({ code: 'EMBEDDING_FAILED' })
    expect([await readdir(directory), await readFile(out, 'utf8')]).toEqual([['out.ndjson'], 'before'])
  })

  test('is not there where what is read ends in its midst', async () => {
    const embedder = await opened(await modelIn())
    const out = join(await temporaryDirectory(), 'out.ndjson')
    const packed = gzipSync(ndjson(mixture(500)))
    await expect(embed(packed.subarray(0, packed.length / 2), embedder, out)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    })
    expect(existsSync(out)).toBe(false)
  })

  test('that cannot be written is named', async () => {
    const embedder = await opened(await modelIn())
    const out = join(await temporaryDirectory(), 'missing', 'out.ndjson')
    await expect(embed(ndjson(mixture(3)), embedder, out)).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
      message: expect.stringContaining(`${out}: ENOENT`),
    })
  })
})

/** What a post is about, as its row in a data directory has it. */
const storedVector = async (data: string, postId: string): Promise<Int8Array> => {
  const { embedded } = await openData({ data })
  try {
    const [row] = await embedded.rows.readMany('post-attributes', [Buffer.from(postId)])
    const start = contentVectorStart(row!, 0, row!.length)
    return Int8Array.from(row!.subarray(start, start + CONTENT_DIMENSIONS))
  } finally {
    await embedded.close()
  }
}

describe('freshet embed', () => {
  test('makes vectors that a replay brings into what posts are about', async () => {
    const directory = await temporaryDirectory()
    const model = await modelIn()
    const events = [
      post('p1', 'bea', { text: 'Night trains to Porto', hashtags: ['slowtravel'], language: 'en' }),
      reaction('ada', 'p1', 'bea', 'like'),
    ]
    await writeFile(join(directory, 'events.ndjson'), `${ndjson(events)}nope\n`)
    const args = ['embed', 'events.ndjson', '--model', model, '--out', 'embedded.ndjson']
    const json = await freshet(directory, ...args, '--json')
    expect(json.code).toBe(0)
    expect(lastJson(json)).toEqual({
      lines: 3,
      embedded: 1,
      passed_over: 1,
      refused: 1,
      dimensions: 3,
      seconds: expect.any(Number),
    })
    expect(json.stderr).toMatch(/^line 3: NOT_JSON/)
    const words = await freshet(directory, ...args)
    expect(words.stdout).toMatch(
      /^embedded +1, by vectors of 3 dimensions\npassed over +1\b.*\nrefused +1\b/m,
    )

    const replayed = await freshet(directory, 'replay', 'embedded.ndjson', '--json')
    expect(lastJson(replayed)).toMatchObject({ accepted: 2, refused: 1, dead_letters: 0 })
    const plain = posts.fromJson(events[0]!.value)
    const [vector] = await (await opened(model)).embed([plain.text!])
    const withIt = contentVectorOf({ ...plain, contentEmbedding: [...vector!] })!
    expect(withIt).not.toEqual(contentVectorOf(plain))
    expect(await storedVector(join(directory, '.freshet/data'), 'p1')).toEqual(withIt)
  })

  test('names the file of a directory that holds no model, on one line, and writes nothing', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'events.ndjson'), ndjson([post('p1', 'bea')]))
    const args = ['embed', 'events.ndjson', '--model', 'nowhere', '--out', 'out.ndjson']
    const { code, stdout, stderr } = await freshet(directory, ...args)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^freshet: EMBEDDER_INVALID: nowhere\/vocab\.txt: ENOENT.*Name another one\.\n$/)
    expect(await readdir(directory)).toEqual(['events.ndjson'])
  })
})
