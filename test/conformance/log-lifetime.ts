import { describe, expect, test } from 'vitest'
import { HOUR_MS } from '../../schemas/ids.ts'
import { entry, readAll, valuesOf } from './frames.ts'
import { blocksOf, commitOf, position, refusal, TOPIC, type LogSubject } from './log-subject.ts'

/** What lasts over a reopening, what retention drops, and what is refused after closing. */
export const lifetimeConformance = (subject: LogSubject): void => {
  describe('reopening', () => {
    test('topics, records, offsets, positions, sequence and changelog are as they were', async () => {
      await subject.log.append([entry('events', 1, 'a', 'b'), entry('events', 1, 'c')])
      const session = await subject.log.session('task')
      const commit = {
        positions: [position(1, 3, 55)],
        outputs: [entry('outputs', 1, 'd')],
        changelog: Buffer.from('x'),
      }
      await session.commit(commit)
      await subject.reopen()
      expect(subject.log.partitions('events')).toBe(3)
      expect(subject.log.endOffset('events', 1)).toBe(3)
      expect(valuesOf(await readAll(subject.log, 'events', 1))).toEqual(['a', 'b', 'c'])
      expect(valuesOf(await readAll(subject.log, 'outputs', 1))).toEqual(['d'])
      const again = await subject.log.session('task')
      expect([again.sequence(), again.positions()]).toEqual([1, [position(1, 3, 55)]])
      expect(await blocksOf(again, 0)).toEqual([[1, 'x']])
      await subject.log.append([entry('events', 1, 'e')])
      expect((await readAll(subject.log, 'events', 1)).at(-1)).toEqual({ offset: 3, value: 'e' })
      expect(await again.commit(commitOf())).toBe(2)
    })

    test('a session of before is fenced by one of after', async () => {
      const before = await subject.log.session('task')
      subject.log = await subject.fixture.open(subject.clock)
      await subject.log.session('task')
      const failed = await before
        .commit(commitOf({ outputs: [entry('outputs', 0, 'x')] }))
        .catch((error: unknown) => error)
      expect(['FENCED', 'CLOSED']).toContain((failed as { code: string }).code)
      expect(subject.log.endOffset('outputs', 0)).toBe(0)
    })
  })

  describe.runIf(subject.traits.retention === 'log')('retention', () => {
    test('frames older than the retention are dropped, newer ones and offsets kept', async () => {
      await subject.log.append([entry('events', 0, 'a', 'b'), entry('events', 1, 'x')])
      subject.now += HOUR_MS / 2
      await subject.log.append([entry('events', 0, 'c')])
      subject.now += HOUR_MS / 2
      await subject.log.enforceRetention(subject.clock())
      expect(subject.log.startOffset('events', 0)).toBe(0)
      subject.now += 1
      await subject.log.enforceRetention(subject.clock())
      expect([subject.log.startOffset('events', 0), subject.log.endOffset('events', 0)]).toEqual([2, 3])
      expect(await readAll(subject.log, 'events', 0)).toEqual([{ offset: 2, value: 'c' }])
      expect([subject.log.startOffset('events', 1), subject.log.endOffset('events', 1)]).toEqual([1, 1])
      expect(await subject.log.read('events', 1, 0, 100)).toEqual([])
    })

    test('nothing that a task has still to read is dropped', async () => {
      await subject.log.append([
        entry('events', 0, 'a'),
        entry('events', 0, 'b', 'c'),
        entry('events', 0, 'd'),
      ])
      const slow = await subject.log.session('slow')
      const fast = await subject.log.session('fast')
      await slow.commit(commitOf({ positions: [position(0, 2)] }))
      await fast.commit(commitOf({ positions: [position(0, 4)] }))
      await slow.close()
      subject.now += 2 * HOUR_MS
      await subject.log.enforceRetention(subject.clock())
      expect(subject.log.startOffset('events', 0)).toBe(1)
      expect(await readAll(subject.log, 'events', 0, 2)).toEqual([
        { offset: 2, value: 'c' },
        { offset: 3, value: 'd' },
      ])
      const again = await subject.log.session('slow')
      await again.commit(commitOf({ positions: [position(0, 4)] }))
      await subject.log.enforceRetention(subject.clock())
      expect([subject.log.startOffset('events', 0), subject.log.endOffset('events', 0)]).toEqual([4, 4])
    })

    test('nothing is kept for a task that reads a topic no more; its position is, for it may read it again', async () => {
      await subject.log.append([entry('events', 0, 'a'), entry('events', 0, 'b'), entry('events', 1, 'x')])
      const reader = await subject.log.session('reader')
      await reader.commit(commitOf({ positions: [position(0, 2)] }))
      const gone = await subject.log.session('gone')
      await gone.commit(commitOf({ positions: [position(0, 1), position(1, 0)] }))
      subject.now += 2 * HOUR_MS
      const starts = (): number[] => [0, 1].map((partition) => subject.log.startOffset('events', partition))
      await subject.log.enforceRetention(subject.clock())
      expect(starts()).toEqual([1, 0])
      await subject.log.enforceRetention(
        subject.clock(),
        (task, topic) => task === 'reader' && topic === 'events',
      )
      expect(starts()).toEqual([2, 1])
      expect((await subject.log.session('gone')).positions()).toEqual([position(0, 1), position(1, 0)])
    })

    test('offsets go on after everything was dropped, even over a reopening', async () => {
      await subject.log.append([entry('events', 0, 'a', 'b')])
      subject.now += 2 * HOUR_MS
      await subject.log.enforceRetention(subject.clock())
      await subject.reopen()
      expect([subject.log.startOffset('events', 0), subject.log.endOffset('events', 0)]).toEqual([2, 2])
      await subject.log.append([entry('events', 0, 'c')])
      expect(await readAll(subject.log, 'events', 0)).toEqual([{ offset: 2, value: 'c' }])
    })

    test('many frames are dropped in one call', async () => {
      await Promise.all(
        Array.from({ length: 2000 }, (_, at) => subject.log.append([entry('events', 0, `${at}`)])),
      )
      subject.now += 2 * HOUR_MS
      await subject.log.append([entry('events', 0, 'last')])
      await subject.log.enforceRetention(subject.clock())
      expect(await readAll(subject.log, 'events', 0)).toEqual([{ offset: 2000, value: 'last' }])
    })
  })

  test('after closing, every call is refused as closed, and closing again is harmless', async () => {
    const session = await subject.log.session('task')
    const waiting = subject.log.append([entry('events', 0, 'in time')])
    await subject.log.close()
    await waiting
    await subject.log.close()
    const calls = [
      () => subject.log.append([entry('events', 0, 'a')]),
      () => subject.log.read('events', 0, 0, 100),
      () => subject.log.createTopics([TOPIC]),
      () => subject.log.session('task'),
      () => subject.log.enforceRetention(subject.clock()),
      () => session.commit(commitOf()),
      () => session.trimChangelog(0),
      () => blocksOf(session, 0),
    ]
    for (const call of calls) await expect(call()).rejects.toEqual(refusal('CLOSED'))
    subject.log = await subject.fixture.open(subject.clock)
    expect(valuesOf(await readAll(subject.log, 'events', 0))).toEqual(['in time'])
  })
}
