import { describe, expect, test } from 'vitest'
import { entry, frameOfValues, readAll, recordsOf, valuesOf } from './frames.ts'
import { commitOf, refusal, type LogSubject } from './log-subject.ts'

export const appendingConformance = (subject: LogSubject): void => {
  describe('appending and reading', () => {
    test('records are read in the order appended, each with its own offset', async () => {
      await subject.log.append([entry('events', 0, 'a', 'b'), entry('events', 0, 'c')])
      await subject.log.append([entry('events', 0, 'd', 'e', 'f')])
      expect(await readAll(subject.log, 'events', 0)).toEqual(
        ['a', 'b', 'c', 'd', 'e', 'f'].map((value, offset) => ({ offset, value })),
      )
      expect(subject.log.endOffset('events', 0)).toBe(6)
      expect(subject.log.startOffset('events', 0)).toBe(0)
    })

    test('partitions and topics count their offsets apart', async () => {
      await subject.log.append([
        entry('events', 0, 'a'),
        entry('events', 2, 'b', 'c'),
        entry('outputs', 0, 'd'),
      ])
      expect([0, 1, 2].map((partition) => subject.log.endOffset('events', partition))).toEqual([1, 0, 2])
      expect(valuesOf(await readAll(subject.log, 'events', 0))).toEqual(['a'])
      expect(valuesOf(await readAll(subject.log, 'events', 1))).toEqual([])
      expect(valuesOf(await readAll(subject.log, 'events', 2))).toEqual(['b', 'c'])
      expect(valuesOf(await readAll(subject.log, 'outputs', 0))).toEqual(['d'])
    })

    test('an offset inside a frame answers that frame, so that its reader skips to it', async () => {
      await subject.log.append([entry('events', 0, 'a', 'b', 'c'), entry('events', 0, 'd')])
      const frames = await subject.log.read('events', 0, 2, 1 << 20)
      expect(frames[0]!.baseOffset).toBeLessThanOrEqual(2)
      expect(frames[0]!.baseOffset + frames[0]!.frame.count).toBeGreaterThan(2)
      expect(valuesOf(recordsOf(frames, 2))).toEqual(['c', 'd'])
    })

    test('at least one frame is answered, however few bytes are asked for', async () => {
      await subject.log.append([entry('events', 0, 'a'.repeat(1000)), entry('events', 0, 'b')])
      for (const bytesMax of [0, 1, 100]) {
        const frames = await subject.log.read('events', 0, 0, bytesMax)
        expect(frames).toHaveLength(1)
        expect(valuesOf(recordsOf(frames, 0))[0]).toBe('a'.repeat(1000))
      }
    })

    test('about as many bytes are answered as are asked for', async () => {
      for (let at = 0; at < 20; at++) await subject.log.append([entry('events', 0, String(at).padEnd(1000))])
      const frames = await subject.log.read('events', 0, 5, 4000)
      const records = recordsOf(frames, 5)
      expect(records[0]!.offset).toBe(5)
      expect(records.length).toBeGreaterThanOrEqual(3)
      expect(records.length).toBeLessThanOrEqual(6)
    })

    test('reading at the end, or past it, answers nothing', async () => {
      await subject.log.append([entry('events', 0, 'a')])
      expect(await subject.log.read('events', 0, 1, 100)).toEqual([])
      expect(await subject.log.read('events', 0, 1_000_000, 100)).toEqual([])
      expect(await subject.log.read('events', 1, 0, 100)).toEqual([])
    })

    test('a frame without records takes no offset', async () => {
      await subject.log.append([entry('events', 0), entry('events', 0, 'a'), entry('events', 0)])
      await subject.log.append([entry('events', 0)])
      await subject.log.append([])
      await subject.log.append([entry('events', 0, 'b')])
      expect(valuesOf(await readAll(subject.log, 'events', 0))).toEqual(['a', 'b'])
      expect(subject.log.endOffset('events', 0)).toBe(2)
    })

    test('a frame that claims another count than it holds is refused', async () => {
      const frame = { ...frameOfValues('a', 'b'), count: 3 }
      const appending = subject.log.append([
        entry('events', 0, 'x'),
        { topic: 'events', partition: 0, frame },
      ])
      await expect(appending).rejects.toEqual(refusal('DECODE_FAILED'))
      const session = await subject.log.session('task')
      const outputs = [{ topic: 'events', partition: 0, frame }]
      await expect(session.commit(commitOf({ outputs }))).rejects.toEqual(refusal('DECODE_FAILED'))
      expect(subject.log.endOffset('events', 0)).toBe(0)
    })

    test('large frames are kept whole', async () => {
      const value = Buffer.alloc(1 << 20, 'large')
      const frame = frameOfValues(...Array.from({ length: 8 }, () => value))
      await subject.log.append([entry('events', 0, 'before'), { topic: 'events', partition: 0, frame }])
      await subject.log.append([entry('events', 0, 'after')])
      await subject.reopen()
      const records = await readAll(subject.log, 'events', 0)
      expect(records).toHaveLength(10)
      expect(records[8]!.value).toBe(value.toString())
      expect(records[9]).toEqual({ offset: 9, value: 'after' })
    })

    test('concurrent appends each get offsets of their own, without gaps', async () => {
      const appends = Array.from({ length: 200 }, (_, at) =>
        subject.log.append([entry('events', 0, `${at}.0`, `${at}.1`), entry('events', 1, `${at}.2`)]),
      )
      await Promise.all(appends)
      const records = await readAll(subject.log, 'events', 0)
      expect(records.map(({ offset }) => offset)).toEqual(Array.from({ length: 400 }, (_, offset) => offset))
      const values = valuesOf(records)
      for (let at = 0; at < 400; at += 2) expect(values[at + 1]).toBe(values[at]!.replace('.0', '.1'))
      expect(new Set(values).size).toBe(400)
      expect(subject.log.endOffset('events', 1)).toBe(200)
    })

    test('appends that are not awaited in between keep their order', async () => {
      const values = Array.from({ length: 100 }, (_, at) => String(at))
      await Promise.all(values.map((value) => subject.log.append([entry('events', 0, value)])))
      expect(valuesOf(await readAll(subject.log, 'events', 0))).toEqual(values)
    })

    test('one refused append does not take others of the same turn with it', async () => {
      const results = await Promise.allSettled([
        subject.log.append([entry('events', 0, 'a')]),
        subject.log.append([entry('events', 0, 'never'), entry('none', 0, 'b')]),
        subject.log.append([entry('events', 0, 'c')]),
      ])
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(valuesOf(await readAll(subject.log, 'events', 0))).toEqual(['a', 'c'])
    })

    test('listeners are called when records become readable, until they stop', async () => {
      const seen: number[] = []
      const stop = subject.log.onAppend(() => seen.push(subject.log.endOffset('events', 0)))
      await subject.log.append([entry('events', 0, 'a')])
      await expect.poll(() => seen.at(-1)).toBe(1)
      const session = await subject.log.session('task')
      await session.commit(commitOf({ outputs: [entry('events', 0, 'b', 'c')] }))
      await expect.poll(() => seen.at(-1)).toBeGreaterThanOrEqual(3)
      stop()
      const heard = seen.length
      await subject.log.append([entry('events', 0, 'd')])
      expect(seen).toHaveLength(heard)
    })
  })
}
