import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HOUR_MS, millis, type Millis } from '../../schemas/ids.ts'
import type { EngineErrorCode } from '../../engine/errors.ts'
import type { Log, LogCommit, LogSession, TopicSpec } from '../../engine/log/port.ts'
import { entry, frameOfValues, readAll, recordsOf, valuesOf } from './frames.ts'
import { logKeepsToItsModel } from './log-model.ts'

/** One adapter over one disk, empty at first. */
export interface LogFixture {
  /** Opens the log as a new process would: what was durable is there, whether or not an earlier one was closed. */
  open(clock: () => Millis): Promise<Log>
  /** Removes the disk. */
  dispose(): Promise<void>
}

export interface LogConformanceOptions {
  /** Random runs against the model; each opens the log a few times. */
  readonly modelRuns: number
}

const TOPIC: TopicSpec = { name: 'events', partitions: 3, retentionMs: HOUR_MS }
const OUTPUT: TopicSpec = { name: 'outputs', partitions: 2, retentionMs: HOUR_MS }

export const commitOf = (commit: Partial<LogCommit> = {}): LogCommit => ({
  positions: [],
  outputs: [],
  changelog: Buffer.alloc(0),
  ...commit,
})

const position = (partition: number, offset: number, newest = 0) => ({
  topic: TOPIC.name,
  partition,
  offset,
  newest,
})

export const blocksOf = async (session: LogSession, afterSequence: number): Promise<[number, string][]> => {
  const blocks: [number, string][] = []
  for await (const { sequence, bytes } of session.changelog(afterSequence)) {
    blocks.push([sequence, bytes.toString()])
  }
  return blocks
}

export const refusal = (code: EngineErrorCode) => expect.objectContaining({ code })

/** What every log promises, whatever is behind it. */
export const logConformance = (
  name: string,
  fixtureOf: () => Promise<LogFixture>,
  options: LogConformanceOptions,
): void => {
  describe(`${name}: the log's contract`, () => {
    let fixture: LogFixture
    let log: Log
    let now = 1_700_000_000_000
    const clock = (): Millis => millis(now)
    const reopen = async (): Promise<void> => {
      await log.close()
      log = await fixture.open(clock)
    }

    beforeEach(async () => {
      fixture = await fixtureOf()
      log = await fixture.open(clock)
      await log.createTopics([TOPIC, OUTPUT])
    })

    afterEach(async () => {
      await log.close()
      await fixture.dispose()
    })

    describe('topics', () => {
      test('creating a topic again with the same partitions changes nothing', async () => {
        await log.append([entry('events', 0, 'a')])
        await log.createTopics([TOPIC])
        expect(log.partitions('events')).toBe(3)
        expect(log.endOffset('events', 0)).toBe(1)
      })

      test('another partition count is refused, and nothing of the call is created', async () => {
        const specs = [
          { ...TOPIC, name: 'new' },
          { ...TOPIC, partitions: 4 },
        ]
        await expect(log.createTopics(specs)).rejects.toEqual(refusal('TOPIC_MISMATCH'))
        expect(() => log.partitions('new')).toThrow('UNKNOWN_TOPIC')
      })

      test.each([0, -1, 1.5, NaN, 100_000])('%d partitions are refused', async (partitions) => {
        const creating = log.createTopics([{ ...TOPIC, name: 'new', partitions }])
        await expect(creating).rejects.toEqual(refusal('TOPIC_MISMATCH'))
      })

      test('an unknown topic or partition is refused in every call', async () => {
        const session = await log.session('task')
        for (const [topic, partition] of [
          ['none', 0],
          ['__proto__', 0],
          ['events', 3],
          ['events', -1],
        ] as const) {
          await expect(log.append([entry(topic, partition, 'a')])).rejects.toEqual(refusal('UNKNOWN_TOPIC'))
          await expect(log.read(topic, partition, 0, 100)).rejects.toEqual(refusal('UNKNOWN_TOPIC'))
          expect(() => log.endOffset(topic, partition)).toThrow('UNKNOWN_TOPIC')
          expect(() => log.startOffset(topic, partition)).toThrow('UNKNOWN_TOPIC')
          const outputs = commitOf({ outputs: [entry('outputs', 0, 'a'), entry(topic, partition, 'a')] })
          await expect(session.commit(outputs)).rejects.toEqual(refusal('UNKNOWN_TOPIC'))
          const positions = commitOf({ positions: [{ topic, partition, offset: 0, newest: 0 }] })
          await expect(session.commit(positions)).rejects.toEqual(refusal('UNKNOWN_TOPIC'))
        }
        expect(log.endOffset('outputs', 0)).toBe(0)
        expect(session.sequence()).toBe(0)
      })

      test('topic names may hold any text', async () => {
        const names = ['__proto__', 'constructor', 'a/b', 'ü\u0000ü', 'x'.repeat(200)]
        await log.createTopics(names.map((name) => ({ ...TOPIC, name })))
        for (const name of names) await log.append([entry(name, 2, name)])
        await reopen()
        for (const name of names) expect(valuesOf(await readAll(log, name, 2))).toEqual([name])
      })
    })

    describe('appending and reading', () => {
      test('records are read in the order appended, each with its own offset', async () => {
        await log.append([entry('events', 0, 'a', 'b'), entry('events', 0, 'c')])
        await log.append([entry('events', 0, 'd', 'e', 'f')])
        expect(await readAll(log, 'events', 0)).toEqual(
          ['a', 'b', 'c', 'd', 'e', 'f'].map((value, offset) => ({ offset, value })),
        )
        expect(log.endOffset('events', 0)).toBe(6)
        expect(log.startOffset('events', 0)).toBe(0)
      })

      test('partitions and topics count their offsets apart', async () => {
        await log.append([entry('events', 0, 'a'), entry('events', 2, 'b', 'c'), entry('outputs', 0, 'd')])
        expect([0, 1, 2].map((partition) => log.endOffset('events', partition))).toEqual([1, 0, 2])
        expect(valuesOf(await readAll(log, 'events', 0))).toEqual(['a'])
        expect(valuesOf(await readAll(log, 'events', 1))).toEqual([])
        expect(valuesOf(await readAll(log, 'events', 2))).toEqual(['b', 'c'])
        expect(valuesOf(await readAll(log, 'outputs', 0))).toEqual(['d'])
      })

      test('an offset inside a frame answers that frame, so that its reader skips to it', async () => {
        await log.append([entry('events', 0, 'a', 'b', 'c'), entry('events', 0, 'd')])
        const frames = await log.read('events', 0, 2, 1 << 20)
        expect(frames.map(({ baseOffset }) => baseOffset)).toEqual([0, 3])
        expect(valuesOf(recordsOf(frames, 2))).toEqual(['c', 'd'])
      })

      test('at least one frame is answered, however few bytes are asked for', async () => {
        await log.append([entry('events', 0, 'a'.repeat(1000)), entry('events', 0, 'b')])
        for (const bytesMax of [0, 1, 100]) {
          const frames = await log.read('events', 0, 0, bytesMax)
          expect(frames.map(({ frame }) => frame.count)).toEqual([1])
        }
      })

      test('about as many bytes are answered as are asked for', async () => {
        for (let at = 0; at < 20; at++) await log.append([entry('events', 0, String(at).padEnd(1000))])
        const frames = await log.read('events', 0, 5, 4000)
        expect(frames[0]!.baseOffset).toBe(5)
        expect(frames.length).toBeGreaterThanOrEqual(3)
        expect(frames.length).toBeLessThanOrEqual(6)
      })

      test('reading at the end, or past it, answers nothing', async () => {
        await log.append([entry('events', 0, 'a')])
        expect(await log.read('events', 0, 1, 100)).toEqual([])
        expect(await log.read('events', 0, 1_000_000, 100)).toEqual([])
        expect(await log.read('events', 1, 0, 100)).toEqual([])
      })

      test('a frame without records takes no offset', async () => {
        await log.append([entry('events', 0), entry('events', 0, 'a'), entry('events', 0)])
        await log.append([entry('events', 0)])
        await log.append([])
        await log.append([entry('events', 0, 'b')])
        expect(valuesOf(await readAll(log, 'events', 0))).toEqual(['a', 'b'])
        expect(log.endOffset('events', 0)).toBe(2)
      })

      test('a frame that claims another count than it holds is refused', async () => {
        const frame = { ...frameOfValues('a', 'b'), count: 3 }
        const appending = log.append([entry('events', 0, 'x'), { topic: 'events', partition: 0, frame }])
        await expect(appending).rejects.toEqual(refusal('DECODE_FAILED'))
        const session = await log.session('task')
        const outputs = [{ topic: 'events', partition: 0, frame }]
        await expect(session.commit(commitOf({ outputs }))).rejects.toEqual(refusal('DECODE_FAILED'))
        expect(log.endOffset('events', 0)).toBe(0)
      })

      test('large frames are kept whole', async () => {
        const value = Buffer.alloc(1 << 20, 'large')
        const frame = frameOfValues(...Array.from({ length: 8 }, () => value))
        await log.append([entry('events', 0, 'before'), { topic: 'events', partition: 0, frame }])
        await log.append([entry('events', 0, 'after')])
        await reopen()
        const records = await readAll(log, 'events', 0)
        expect(records).toHaveLength(10)
        expect(records[8]!.value).toBe(value.toString())
        expect(records[9]).toEqual({ offset: 9, value: 'after' })
      })

      test('concurrent appends each get offsets of their own, without gaps', async () => {
        const appends = Array.from({ length: 200 }, (_, at) =>
          log.append([entry('events', 0, `${at}.0`, `${at}.1`), entry('events', 1, `${at}.2`)]),
        )
        await Promise.all(appends)
        const records = await readAll(log, 'events', 0)
        expect(records.map(({ offset }) => offset)).toEqual(
          Array.from({ length: 400 }, (_, offset) => offset),
        )
        const values = valuesOf(records)
        for (let at = 0; at < 400; at += 2) expect(values[at + 1]).toBe(values[at]!.replace('.0', '.1'))
        expect(new Set(values).size).toBe(400)
        expect(log.endOffset('events', 1)).toBe(200)
      })

      test('appends that are not awaited in between keep their order', async () => {
        const values = Array.from({ length: 100 }, (_, at) => String(at))
        await Promise.all(values.map((value) => log.append([entry('events', 0, value)])))
        expect(valuesOf(await readAll(log, 'events', 0))).toEqual(values)
      })

      test('one refused append does not take others of the same turn with it', async () => {
        const results = await Promise.allSettled([
          log.append([entry('events', 0, 'a')]),
          log.append([entry('events', 0, 'never'), entry('none', 0, 'b')]),
          log.append([entry('events', 0, 'c')]),
        ])
        expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
        expect(valuesOf(await readAll(log, 'events', 0))).toEqual(['a', 'c'])
      })

      test('listeners are called when records become readable, until they stop', async () => {
        const seen: number[] = []
        const stop = log.onAppend(() => seen.push(log.endOffset('events', 0)))
        await log.append([entry('events', 0, 'a')])
        await expect.poll(() => seen.at(-1)).toBe(1)
        const session = await log.session('task')
        await session.commit(commitOf({ outputs: [entry('events', 0, 'b', 'c')] }))
        await expect.poll(() => seen.at(-1)).toBe(3)
        stop()
        await log.append([entry('events', 0, 'd')])
        expect(seen.at(-1)).toBe(3)
      })
    })

    describe('sessions', () => {
      test('a commit makes outputs, positions and changelog visible together', async () => {
        const session = await log.session('task')
        expect(session.taskId).toBe('task')
        expect(session.sequence()).toBe(0)
        expect(session.positions()).toEqual([])
        const sequence = await session.commit({
          positions: [position(0, 7, 123)],
          outputs: [entry('outputs', 0, 'a', 'b'), entry('outputs', 1, 'c'), entry('outputs', 0, 'd')],
          changelog: Buffer.from('block'),
        })
        expect(sequence).toBe(1)
        expect(session.sequence()).toBe(1)
        expect(session.positions()).toEqual([position(0, 7, 123)])
        expect(valuesOf(await readAll(log, 'outputs', 0))).toEqual(['a', 'b', 'd'])
        expect(valuesOf(await readAll(log, 'outputs', 1))).toEqual(['c'])
        expect(await blocksOf(session, 0)).toEqual([[1, 'block']])
      })

      test('a refused commit changes nothing', async () => {
        const session = await log.session('task')
        await session.commit(commitOf({ positions: [position(0, 1)], changelog: Buffer.from('one') }))
        const refused = session.commit({
          positions: [position(0, 9)],
          outputs: [entry('outputs', 0, 'a'), entry('none', 0, 'b')],
          changelog: Buffer.from('two'),
        })
        await expect(refused).rejects.toEqual(refusal('UNKNOWN_TOPIC'))
        expect(session.sequence()).toBe(1)
        expect(session.positions()).toEqual([position(0, 1)])
        expect(log.endOffset('outputs', 0)).toBe(0)
        expect(await blocksOf(session, 0)).toEqual([[1, 'one']])
        expect(await session.commit(commitOf())).toBe(2)
      })

      test('positions that a commit does not name stay as they were', async () => {
        const session = await log.session('task')
        await session.commit(commitOf({ positions: [position(0, 1), position(1, 2)] }))
        await session.commit(commitOf({ positions: [position(1, 5, -Infinity)] }))
        const inOrder = [...session.positions()].sort((one, other) => one.partition - other.partition)
        expect(inOrder).toEqual([position(0, 1), position(1, 5, -Infinity)])
      })

      test('a newer session fences the older one, whose commit changes nothing', async () => {
        const older = await log.session('task')
        await older.commit(commitOf({ positions: [position(0, 3)], changelog: Buffer.from('older') }))
        const newer = await log.session('task')
        const late = {
          positions: [position(0, 9)],
          outputs: [entry('outputs', 0, 'x')],
          changelog: Buffer.from('x'),
        }
        await expect(older.commit(late)).rejects.toEqual(refusal('FENCED'))
        await expect(older.trimChangelog(1)).rejects.toEqual(refusal('FENCED'))
        expect(log.endOffset('outputs', 0)).toBe(0)
        expect(newer.positions()).toEqual([position(0, 3)])
        expect(newer.sequence()).toBe(1)
        expect(await newer.commit(commitOf({ changelog: Buffer.from('newer') }))).toBe(2)
        expect(await blocksOf(newer, 0)).toEqual([
          [1, 'older'],
          [2, 'newer'],
        ])
      })

      test('sessions of different tasks do not disturb each other', async () => {
        const one = await log.session('one')
        const other = await log.session('other')
        await one.commit(commitOf({ positions: [position(0, 1)], changelog: Buffer.from('one') }))
        await other.commit(commitOf({ positions: [position(1, 2)], changelog: Buffer.from('other') }))
        await one.commit(commitOf())
        expect([one.sequence(), other.sequence()]).toEqual([2, 1])
        expect(one.positions()).toEqual([position(0, 1)])
        expect(await blocksOf(one, 0)).toEqual([
          [1, 'one'],
          [2, ''],
        ])
        expect(await blocksOf(other, 0)).toEqual([[1, 'other']])
      })

      test('outputs of a commit and appends of others share one order', async () => {
        const session = await log.session('task')
        await Promise.all([
          log.append([entry('outputs', 0, 'a')]),
          session.commit(commitOf({ outputs: [entry('outputs', 0, 'b', 'c')] })),
          log.append([entry('outputs', 0, 'd')]),
        ])
        const records = await readAll(log, 'outputs', 0)
        expect(records.map(({ offset }) => offset)).toEqual([0, 1, 2, 3])
        expect(valuesOf(records).sort()).toEqual(['a', 'b', 'c', 'd'])
        expect(valuesOf(records).join('')).toContain('bc')
      })

      test('the changelog is read after a sequence, every commit having a block', async () => {
        const session = await log.session('task')
        for (let at = 1; at <= 5; at++)
          await session.commit(commitOf({ changelog: Buffer.from(at === 3 ? '' : `${at}`) }))
        expect(await blocksOf(session, 0)).toEqual([
          [1, '1'],
          [2, '2'],
          [3, ''],
          [4, '4'],
          [5, '5'],
        ])
        expect(await blocksOf(session, 3)).toEqual([
          [4, '4'],
          [5, '5'],
        ])
        expect(await blocksOf(session, 5)).toEqual([])
        expect(await blocksOf(session, 99)).toEqual([])
      })

      test('trimming drops nothing after its sequence, and never the count', async () => {
        const session = await log.session('task')
        for (let at = 1; at <= 5; at++) await session.commit(commitOf({ changelog: Buffer.from(`${at}`) }))
        await session.trimChangelog(3)
        await session.trimChangelog(2)
        expect(await blocksOf(session, 3)).toEqual([
          [4, '4'],
          [5, '5'],
        ])
        await session.trimChangelog(99)
        expect(await session.commit(commitOf({ changelog: Buffer.from('6') }))).toBe(6)
        expect(await blocksOf(session, 5)).toEqual([[6, '6']])
      })

      test('many blocks are read in order', async () => {
        const session = await log.session('task')
        const block = Buffer.alloc(64 << 10)
        for (let at = 1; at <= 300; at++) {
          block.writeUInt32LE(at)
          await session.commit(commitOf({ changelog: block }))
        }
        let expected = 1
        for await (const { sequence, bytes } of session.changelog(0)) {
          expect([sequence, bytes.readUInt32LE(0), bytes.length]).toEqual([expected, expected, block.length])
          expected++
        }
        expect(expected).toBe(301)
      })

      test('a closed session commits no more; the next goes on from its last commit', async () => {
        const session = await log.session('task')
        await session.commit(commitOf({ positions: [position(2, 4)] }))
        await session.close()
        await session.close()
        await expect(session.commit(commitOf())).rejects.toEqual(refusal('CLOSED'))
        const next = await log.session('task')
        expect([next.sequence(), next.positions()]).toEqual([1, [position(2, 4)]])
      })
    })

    describe('reopening', () => {
      test('topics, records, offsets, positions, sequence and changelog are as they were', async () => {
        await log.append([entry('events', 1, 'a', 'b'), entry('events', 1, 'c')])
        const session = await log.session('task')
        const commit = {
          positions: [position(1, 3, 55)],
          outputs: [entry('outputs', 1, 'd')],
          changelog: Buffer.from('x'),
        }
        await session.commit(commit)
        await reopen()
        expect(log.partitions('events')).toBe(3)
        expect(log.endOffset('events', 1)).toBe(3)
        expect(valuesOf(await readAll(log, 'events', 1))).toEqual(['a', 'b', 'c'])
        expect(valuesOf(await readAll(log, 'outputs', 1))).toEqual(['d'])
        const again = await log.session('task')
        expect([again.sequence(), again.positions()]).toEqual([1, [position(1, 3, 55)]])
        expect(await blocksOf(again, 0)).toEqual([[1, 'x']])
        await log.append([entry('events', 1, 'e')])
        expect((await readAll(log, 'events', 1)).at(-1)).toEqual({ offset: 3, value: 'e' })
        expect(await again.commit(commitOf())).toBe(2)
      })

      test('a session of before is fenced by one of after', async () => {
        const before = await log.session('task')
        log = await fixture.open(clock)
        await log.session('task')
        const failed = await before
          .commit(commitOf({ outputs: [entry('outputs', 0, 'x')] }))
          .catch((error: unknown) => error)
        expect(['FENCED', 'CLOSED']).toContain((failed as { code: string }).code)
        expect(log.endOffset('outputs', 0)).toBe(0)
      })
    })

    describe('retention', () => {
      test('frames older than the retention are dropped, newer ones and offsets kept', async () => {
        await log.append([entry('events', 0, 'a', 'b'), entry('events', 1, 'x')])
        now += HOUR_MS / 2
        await log.append([entry('events', 0, 'c')])
        now += HOUR_MS / 2
        await log.enforceRetention(clock())
        expect(log.startOffset('events', 0)).toBe(0)
        now += 1
        await log.enforceRetention(clock())
        expect([log.startOffset('events', 0), log.endOffset('events', 0)]).toEqual([2, 3])
        expect(await readAll(log, 'events', 0)).toEqual([{ offset: 2, value: 'c' }])
        expect([log.startOffset('events', 1), log.endOffset('events', 1)]).toEqual([1, 1])
        expect(await log.read('events', 1, 0, 100)).toEqual([])
      })

      test('nothing that a task has still to read is dropped', async () => {
        await log.append([entry('events', 0, 'a'), entry('events', 0, 'b', 'c'), entry('events', 0, 'd')])
        const slow = await log.session('slow')
        const fast = await log.session('fast')
        await slow.commit(commitOf({ positions: [position(0, 2)] }))
        await fast.commit(commitOf({ positions: [position(0, 4)] }))
        await slow.close()
        now += 2 * HOUR_MS
        await log.enforceRetention(clock())
        expect(log.startOffset('events', 0)).toBe(1)
        expect(await readAll(log, 'events', 0, 2)).toEqual([
          { offset: 2, value: 'c' },
          { offset: 3, value: 'd' },
        ])
        const again = await log.session('slow')
        await again.commit(commitOf({ positions: [position(0, 4)] }))
        await log.enforceRetention(clock())
        expect([log.startOffset('events', 0), log.endOffset('events', 0)]).toEqual([4, 4])
      })

      test('offsets go on after everything was dropped, even over a reopening', async () => {
        await log.append([entry('events', 0, 'a', 'b')])
        now += 2 * HOUR_MS
        await log.enforceRetention(clock())
        await reopen()
        expect([log.startOffset('events', 0), log.endOffset('events', 0)]).toEqual([2, 2])
        await log.append([entry('events', 0, 'c')])
        expect(await readAll(log, 'events', 0)).toEqual([{ offset: 2, value: 'c' }])
      })

      test('many frames are dropped in one call', async () => {
        await Promise.all(Array.from({ length: 2000 }, (_, at) => log.append([entry('events', 0, `${at}`)])))
        now += 2 * HOUR_MS
        await log.append([entry('events', 0, 'last')])
        await log.enforceRetention(clock())
        expect(await readAll(log, 'events', 0)).toEqual([{ offset: 2000, value: 'last' }])
      })
    })

    test('after closing, every call is refused as closed, and closing again is harmless', async () => {
      const session = await log.session('task')
      const waiting = log.append([entry('events', 0, 'in time')])
      await log.close()
      await waiting
      await log.close()
      const calls = [
        () => log.append([entry('events', 0, 'a')]),
        () => log.read('events', 0, 0, 100),
        () => log.createTopics([TOPIC]),
        () => log.session('task'),
        () => log.enforceRetention(clock()),
        () => session.commit(commitOf()),
        () => session.trimChangelog(0),
        () => blocksOf(session, 0),
      ]
      for (const call of calls) await expect(call()).rejects.toEqual(refusal('CLOSED'))
      log = await fixture.open(clock)
      expect(valuesOf(await readAll(log, 'events', 0))).toEqual(['in time'])
    })

    logKeepsToItsModel(fixtureOf, options.modelRuns)
  })
}
