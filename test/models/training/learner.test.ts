import { cp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { CONTENT_BYTES, TASTE_OFFSET, writeDirection } from '../../../models/embeddings/contents.ts'
import { encodeTables } from '../../../models/embeddings/bytes.ts'
import { ENTITY_WORDS, writeEntityIds } from '../../../models/embeddings/entities.ts'
import { EmbeddingTables } from '../../../models/embeddings/tables.ts'
import { HEAD_NAMES, type HeadName, HEADS } from '../../../models/heads.ts'
import { HEAVY_NETWORK } from '../../../models/rankers.ts'
import { rankingRow } from '../../../models/ranking-row.ts'
import { openSession } from '../../../models/scoring/open-session.ts'
import type { ScoringSession } from '../../../models/scoring/session.ts'
import type { Example } from '../../../schemas/examples/index.ts'
import { readCheckpoint } from '../../../models/training/checkpoint.ts'
import type { Checkpoint } from '../../../models/training/checkpoint-states.ts'
import { beginning, DEFAULT_LEARNER, Learner, type LearnerOptions } from '../../../models/training/learner.ts'
import { sha256Of } from '../../../models/snapshot/manifest.ts'
import { beginLight } from '../../../models/distillation/light-learner.ts'
import { beginTowers } from '../../../models/retrieval/tower-learner.ts'
import { HOUR_MS, millis, type UserId } from '../../../schemas/ids.ts'
import { unpackInto } from '../../../schemas/impressions/packed-features.ts'
import { temporaryDirectory } from '../../cli/temporary.ts'
import { batchOf, labelled, sampleStream, START, tasteStream } from './sample.ts'

const OPTIONS: LearnerOptions = {
  ...DEFAULT_LEARNER,
  batchRows: 64,
  rates: { network: 3e-3, embeddings: 0.1 },
  tableRows: [256, 256, 16, 16],
}

const open = async (root: string, options = OPTIONS): Promise<Learner> =>
  (await Learner.open(root, options)).learner

describe('a learner', () => {
  test('learns what columns tell, and who likes whom, which none does', async () => {
    const learner = await open(await temporaryDirectory())
    await learner.learn(sampleStream(20_000, 1))
    learner.metrics.clear()
    await learner.learn(sampleStream(2_000, 2))
    await learner.flush()
    const { click, dwell } = learner.metrics.report()
    // By columns alone no more than 0.68 can be had; by all that is to be known, 0.82.
    expect(click).toMatchObject({
      kind: 'probability',
      auc: expect.toSatisfy((auc: number) => auc > 0.76) as number,
    })
    expect(dwell).toMatchObject({ explained: expect.toSatisfy((share: number) => share > 0.6) as number })
    expect(learner.counts).toEqual({
      taken: 22_000,
      'no-news': 0,
      'left-out': 0,
      'other-columns': 0,
      'broken-features': 0,
    })
    await learner.dispose()
  })

  test('learns what strangers like from what they took to before, which no column tells', async () => {
    const learner = await open(await temporaryDirectory())
    await learner.learn(tasteStream(20_000, 11))
    learner.metrics.clear()
    await learner.learn(tasteStream(2_000, 12))
    await learner.flush()
    // By the taste all that is to be known can be had; by anything else, nothing.
    expect(learner.metrics.report()['click']).toMatchObject({
      auc: expect.toSatisfy((auc: number) => auc > 0.9) as number,
    })
    await learner.dispose()
  })

  test('goes on from a checkpoint as if it had not stopped, bit for bit', async () => {
    const [root, other] = [await temporaryDirectory(), await temporaryDirectory()]
    const stream = sampleStream(1_500, 3)
    const whole = await open(root)
    await whole.learn(stream.slice(0, 700))
    await whole.checkpoint(root, { '0': 700 })
    await whole.learn(stream.slice(700))

    const { learner: resumed, position } = await Learner.open(root, OPTIONS)
    expect(position).toEqual({ '0': 700 })
    await resumed.learn(stream.slice(position['0']))

    const stateOf = async (learner: Learner): Promise<string> => {
      const directory = await learner.checkpoint(other, { '0': 1_500 })
      return readFile(join(directory, 'checkpoint.json'), 'utf8')
    }
    const state = await stateOf(whole)
    expect(await stateOf(resumed)).toBe(state)
    expect(JSON.parse(state)).toMatchObject({ steps: resumed.steps, position: { '0': 1_500 } })
    await whole.dispose()
    await resumed.dispose()
  })

  test('serves what it foresees: its snapshot scores as its next step does', async () => {
    const root = await temporaryDirectory()
    const learner = await open(root)
    await learner.learn(sampleStream(2_000, 4))
    await learner.flush()
    const { directory, manifest } = await learner.snapshot(root)
    expect(manifest.origin).toBe('trained')
    const examples = sampleStream(64, 5)
    const session = await openSession(directory, 'heavy')
    const clicks = await answersOf(session, examples, 'click')
    learner.metrics.clear()
    await learner.learn(examples)
    await learner.flush()
    const happened = examples.filter(({ labels }) => labels.some(({ label }) => label === 'click')).length
    const expected = clicks.reduce((sum, probability) => sum + probability, 0)
    expect(learner.metrics.report()['click']).toMatchObject({
      count: 64,
      positives: happened,
      calibration: expect.closeTo(expected / happened, 2) as number,
    })
    await learner.dispose()
  })

  test('keeps base rates where only a share of the negatives is learned from', async () => {
    const stream = sampleStream(12_000, 6)
    const expectedOf = async (negativesKept: number): Promise<number> => {
      const root = await temporaryDirectory()
      const learner = await open(root, { ...OPTIONS, negativesKept })
      await learner.learn(stream)
      await learner.flush()
      const { directory } = await learner.snapshot(root)
      await learner.dispose()
      const session = await openSession(directory, 'heavy')
      return meanOf(await answersOf(session, stream.slice(0, 1_000), 'click'))
    }
    const isClicked = ({ labels }: Example): boolean => labels.some(({ label }) => label === 'click')
    const rate = stream.filter(isClicked).length / stream.length
    expect(Math.abs((await expectedOf(0.3)) / rate - 1)).toBeLessThan(0.15)
  })
})

test('vectors in which nothing was learned for long start anew with a checkpoint, and those of others stay', async () => {
  const ONCE = 200
  // So many that none of these ids share a row.
  const tableRows = [2 ** 14, 2 ** 14, 16, 16]
  const root = await temporaryDirectory()
  const learner = await open(root, { ...OPTIONS, tableRows, expireMs: HOUR_MS })
  const namedAfter = (era: string, at: number) => (example: Example, index: number) => ({
    ...example,
    userId: `${era}-${index === ONCE ? 'once' : example.userId}` as UserId,
    authorId: `${era}-${index === ONCE ? 'once' : example.authorId}` as UserId,
    at: millis(at + index),
  })
  // One of each is met once, in the fourth of ten batches; the first learns nothing of vectors yet.
  const before = sampleStream(640, 13).map(namedAfter('old', START))
  const after = sampleStream(640, 14).map(namedAfter('new', START + 2 * HOUR_MS))
  const vectorsOf = async (): Promise<Record<string, string>> => {
    const { checkpoint } = await readCheckpoint(root, () => beginning(OPTIONS))
    return Object.fromEntries(
      [before[ONCE]!, after[ONCE]!].map((example) => [
        example.userId,
        textOf(checkpoint!.learned.tables!, example),
      ]),
    )
  }
  const fresh = new EmbeddingTables({
    dimensions: HEAVY_NETWORK.embeddings!.dimensions,
    rows: tableRows,
  })
  const [old, young] = [before[ONCE]!, after[ONCE]!]
  await learner.learn(before)
  await learner.checkpoint(root, { '0': 640 })
  const first = await vectorsOf()
  expect(first[old.userId]).not.toBe(textOf(fresh, old))
  expect(first[young.userId]).toBe(textOf(fresh, young))
  await learner.learn(after)
  await learner.checkpoint(root, { '0': 1_280 })
  const second = await vectorsOf()
  expect(second[old.userId]).toBe(textOf(fresh, old))
  expect(second[young.userId]).not.toBe(textOf(fresh, young))
  await learner.dispose()
})

/** What tables hold of an example's entities. */
const textOf = (tables: EmbeddingTables, example: Example): string => {
  const words = new Uint32Array(ENTITY_WORDS)
  writeEntityIds(example, words, 0)
  const vectors = new Float32Array(tables.width)
  tables.gather(words, 1, vectors)
  return vectors.join()
}

describe('a positive that comes late', () => {
  test('counts as one that came at once, though its post was learned as a negative before', async () => {
    const root = await temporaryDirectory()
    const learner = await open(root)
    const random = new Random(8)
    const waiting: Example[] = []
    for (const example of sampleStream(9_000, 8)) {
      const isCommented = random.chance(0.2)
      const isLate = random.chance(0.5)
      const comment = labelled('comment')
      const labels = isCommented && !isLate ? [...example.labels, ...comment] : example.labels
      await learner.learn([{ ...example, labels }])
      if (isCommented && isLate) {
        const exampleId = `late-${example.exampleId}`
        waiting.push({ ...example, exampleId, phase: 'late', labels: comment })
      }
      if (waiting.length > 20) await learner.learn([waiting.shift()!])
    }
    await learner.flush()
    const { directory } = await learner.snapshot(root)
    await learner.dispose()
    const session = await openSession(directory, 'heavy')
    const comments = await answersOf(session, sampleStream(1_000, 9), 'comment')
    expect(Math.abs(meanOf(comments) - 0.2)).toBeLessThan(0.03)
  })
})

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

const answersOf = async (
  session: ScoringSession,
  examples: readonly Example[],
  head: HeadName,
): Promise<number[]> => {
  const rows = new Float32Array(examples.length * rankingRow.width)
  const entities = new Uint32Array(examples.length * ENTITY_WORDS)
  const contents = new Int8Array(examples.length * CONTENT_BYTES)
  const outputs = new Float32Array(examples.length * HEADS.length)
  for (const [index, example] of examples.entries()) {
    unpackInto(example.features, rows, index * rankingRow.width)
    writeEntityIds(example, entities, index * ENTITY_WORDS)
    const at = index * CONTENT_BYTES
    writeDirection(example.contentVector, 0, contents, at)
    writeDirection(example.tasteVector, 0, contents, at + TASTE_OFFSET)
  }
  await session.score(rows, examples.length, outputs, { entities, contents })
  await session.dispose()
  const index = HEAD_NAMES.indexOf(head)
  return examples.map((_, row) => outputs[row * HEADS.length + index]!)
}

describe('checkpoints', () => {
  const BESIDE = {
    light: { state: beginLight(), position: { '0': 3 } },
    towers: { state: beginTowers(), position: { '0': 5 } },
  }

  /** A checkpoint after a batch, whose index is then as `change` has it. */
  const changed = async (
    root: string,
    change: (index: Record<string, unknown>) => Record<string, unknown>,
  ): Promise<string> => {
    const learner = await open(root)
    await learner.learn(sampleStream(64, 10))
    const directory = await learner.checkpoint(root, { '0': 64 }, BESIDE)
    await learner.dispose()
    const file = join(directory, 'checkpoint.json')
    const index = change(JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>)
    const { format, network, steps, latestAt, position, files, beside, negativesKept } = index
    const since = [beside, negativesKept].filter((each) => each !== undefined)
    const text = JSON.stringify([format, network, steps, latestAt, position, files, ...since])
    await writeFile(file, JSON.stringify({ ...index, check: sha256Of(Buffer.from(text)) }))
    return directory
  }

  const ofAnother =
    (model: string) =>
    (index: Record<string, unknown>): Record<string, unknown> => ({
      ...index,
      network: { ...(index['network'] as object), [model]: 'another' },
    })

  test('of another network are kept under a name that says so, and the prior learns on from where they stood', async () => {
    const root = await temporaryDirectory()
    const directory = await changed(root, ofAnother('heavy'))
    const bytes = await readFile(join(directory, 'state.bin'))
    const opened = await Learner.open(root, OPTIONS)
    expect(opened).toMatchObject({ position: { '0': 64 }, broken: [], begunAnew: { models: ['heavy'] } })
    expect(opened.begunAnew!.error.message).toMatch(
      /^CHECKPOINT_OTHER: .*another network than heavy is now.*-of-another-network$/,
    )
    expect(opened.beside).toEqual(BESIDE)
    expect(opened.learner.steps).toBe(0)
    // A part of an example that it never learned is no difference to what another network knew of it.
    await opened.learner.learn(sampleStream(64, 10))
    expect(opened.learner.counts.taken).toBe(64)
    const prior = await open(await temporaryDirectory())
    const rows = { entities: batchOf(8, 1).entities, contents: batchOf(8, 1).contents }
    const scored = async (learner: Learner): Promise<Float32Array> => {
      const { directory: snapshot } = await learner.snapshot(await temporaryDirectory())
      const session = await openSession(snapshot, 'heavy')
      const outputs = new Float32Array(8 * HEADS.length)
      await session.score(batchOf(8, 1).rows, 8, outputs, rows)
      await session.dispose()
      return outputs
    }
    const again = await Learner.open(root, OPTIONS)
    expect(await scored(again.learner)).toEqual(await scored(prior))

    for (const end of [65, 66, 67]) await opened.learner.checkpoint(root, { '0': end }, opened.beside)
    const kept = `${directory}-of-another-network`
    expect((await readdir(root)).sort()).toEqual([
      'checkpoint-000000000001-of-another-network',
      'checkpoint-000000000003',
      'checkpoint-000000000004',
    ])
    expect(await readFile(join(kept, 'state.bin'))).toEqual(bytes)
    const later = await Learner.open(root, OPTIONS)
    expect([later.begunAnew, later.position]).toEqual([null, { '0': 67 }])
    for (const { learner } of [opened, again, later]) await learner.dispose()
    await prior.dispose()
  })

  test('of another network keep what was learned of each entity, for tables have the same rows', async () => {
    const root = await temporaryDirectory()
    await changed(root, ofAnother('heavy'))
    const { checkpoint } = await readCheckpoint(root, () => beginning(OPTIONS))
    const learner = await open(await temporaryDirectory())
    await learner.learn(sampleStream(64, 10))
    const other = await temporaryDirectory()
    await learner.checkpoint(other, {})
    await learner.dispose()
    const { checkpoint: learned } = await readCheckpoint(other, () => beginning(OPTIONS))
    const { tables } = checkpoint!.learned
    expect(encodeTables(tables!)).toEqual(encodeTables(learned!.learned.tables!))
    expect(tables!.tables[0]!.touchedRows).toBeGreaterThan(0)
    expect(checkpoint!.learned.steps).toBe(0)
    const wider = (): Checkpoint => {
      const begun = beginning(OPTIONS)
      const sizes = { dimensions: 2, rows: [256, 256, 16, 16] }
      return { ...begun, learned: { ...begun.learned, tables: new EmbeddingTables(sizes) } }
    }
    expect((await readCheckpoint(root, wider)).checkpoint!.learned.tables!.sizes.dimensions).toBe(2)
  })

  test.each(['light', 'retrieval'] as const)(
    'let go on what they fit where only what learned beside, %s, is another, though its bytes are as many',
    async (model) => {
      const root = await temporaryDirectory()
      await changed(root, ofAnother(model))
      const { learner, beside, position, begunAnew } = await Learner.open(root, OPTIONS)
      expect([learner.steps, position, begunAnew!.models]).toEqual([1, { '0': 64 }, [model]])
      expect(beside).toEqual(BESIDE)
      await learner.dispose()
    },
  )

  test('of another format are kept as well, and the error says which', async () => {
    const root = await temporaryDirectory()
    // As the second format was written.
    await changed(root, ({ steps, latestAt, position, files }) => ({
      format: 2,
      network: 'text',
      steps,
      latestAt,
      position,
      files,
    }))
    const { learner, position, beside, begunAnew } = await Learner.open(root, OPTIONS)
    expect([learner.steps, position, beside]).toEqual([0, { '0': 64 }, null])
    expect(begunAnew!.error.message).toMatch(/CHECKPOINT_OTHER: .* has format 2/)
    await learner.dispose()
  })

  test('of another share of negatives are refused, as what is known of examples was learned by it', async () => {
    const root = await temporaryDirectory()
    const kept = { ...OPTIONS, negativesKept: 0.3 }
    const learner = await open(root, kept)
    await learner.learn(sampleStream(64, 10))
    await learner.checkpoint(root, { '0': 64 })
    await learner.dispose()
    await expect(Learner.open(root, OPTIONS)).rejects.toThrow(
      /^NEGATIVES_KEPT: .* from 0\.3 of the negatives, and is to go on with 1$/,
    )
    const again = await Learner.open(root, kept)
    expect(again.position).toEqual({ '0': 64 })
    await again.learner.dispose()
    const other = await temporaryDirectory()
    // Where nothing is known yet, it is as good as new.
    const empty = await open(other, kept)
    await empty.checkpoint(other, {})
    await empty.dispose()
    await (await open(other, OPTIONS)).dispose()
  })

  test('of a format to come are begun anew from nowhere, where they do not say as this one where they stood', async () => {
    const root = await temporaryDirectory()
    await changed(root, (index) => ({ ...index, format: 99, position: 'elsewhere' }))
    const { learner, position, begunAnew } = await Learner.open(root, OPTIONS)
    expect([learner.steps, position]).toEqual([0, {}])
    expect(begunAnew!.models).toEqual(['heavy', 'light', 'retrieval'])
    await learner.dispose()
  })

  test('of one number of steps stand beside each other, so that none makes room for one that is not there yet', async () => {
    const root = await temporaryDirectory()
    const learner = await open(root)
    await learner.learn(sampleStream(64, 7))
    const first = await learner.checkpoint(root, { '0': 64 })
    const { ino } = await stat(first)
    // As an earlier version named them, by steps; and what its writer left when it died.
    const renamed = join(root, 'checkpoint-000000004711')
    await rename(first, renamed)
    await cp(renamed, `${renamed}.part`, { recursive: true })
    const second = await learner.checkpoint(root, { '0': 68 })
    await learner.dispose()
    expect((await stat(renamed)).ino).toBe(ino)
    expect((await readdir(root)).sort()).toEqual(['checkpoint-000000004711', 'checkpoint-000000004712'])
    const { checkpoint } = await readCheckpoint(root, () => beginning(OPTIONS))
    expect(checkpoint?.position).toEqual({ '0': 68 })
    await rm(second, { recursive: true })
    expect((await readCheckpoint(root, () => beginning(OPTIONS))).checkpoint?.position).toEqual({ '0': 64 })
  })

  test('of two who write one at the same time one is told so, and none is taken for the other', async () => {
    const root = await temporaryDirectory()
    const [one, other] = [await open(root), await open(root)]
    await other.learn(sampleStream(64, 7))
    const written = await Promise.allSettled([
      one.checkpoint(root, { '0': 1 }),
      other.checkpoint(root, { '0': 2 }),
    ])
    const refused = written.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []))
    const { checkpoint } = await readCheckpoint(root, () => beginning(OPTIONS))
    // Either they met, or one was after the other.
    if (refused.length === 0) expect(await readdir(root)).toHaveLength(2)
    else expect(refused).toEqual([expect.stringContaining('LEARNING_LOCKED')])
    expect(checkpoint!.position['0'] === 2).toBe(checkpoint!.learned.steps === 1)
    for (const learner of [one, other]) await learner.dispose()
  })

  test('are whole or passed over, and only the newest are kept', async () => {
    const root = await temporaryDirectory()
    const learner = await open(root)
    const stream = sampleStream(192, 7)
    for (const end of [64, 128, 192]) {
      await learner.learn(stream.slice(end - 64, end))
      await learner.checkpoint(root, { '0': end }, BESIDE)
    }
    await learner.dispose()
    const names = (await readdir(root)).sort()
    expect(names).toEqual(['checkpoint-000000000002', 'checkpoint-000000000003'])

    // A crash while a checkpoint is written leaves a directory under a name that is none.
    await cp(join(root, names[1]!), join(root, 'checkpoint-000000000004.part'), { recursive: true })
    const whole = await Learner.open(root, OPTIONS)
    expect(whole.position).toEqual({ '0': 192 })
    expect(whole.beside).toEqual(BESIDE)
    await whole.learner.dispose()

    const files = ['state', 'embeddings', 'known', 'moments', 'light', 'towers'].map((name) => `${name}.bin`)
    for (const file of ['checkpoint.json', ...files]) {
      const copy = await temporaryDirectory()
      await cp(root, copy, { recursive: true })
      const path = join(copy, names[1]!, file)
      const bytes = await readFile(path)
      const broken = bytes.length === 0 ? Buffer.of(1) : bytes.fill(bytes[0]! ^ 1, 0, 1)
      await writeFile(path, broken)
      const opened = await Learner.open(copy, OPTIONS)
      expect(opened.position, file).toEqual({ '0': 128 })
      expect(opened.broken).toEqual([join(copy, names[1]!)])
      expect(opened.learner.steps).toBe(2)
      await opened.learner.dispose()
    }
  })
})
