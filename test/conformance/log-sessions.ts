import { describe, expect, test } from 'vitest'
import { entry, readAll, valuesOf } from './frames.ts'
import { blocksOf, commitOf, position, refusal, type LogSubject } from './log-subject.ts'

/** So many that a fenced commit meets the owner's at each of its steps. */
const TAKE_OVERS = 20

export const sessionsConformance = (subject: LogSubject): void => {
  describe('sessions', () => {
    test('a commit makes outputs, positions and changelog visible together', async () => {
      const session = await subject.log.session('task')
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
      expect(valuesOf(await readAll(subject.log, 'outputs', 0))).toEqual(['a', 'b', 'd'])
      expect(valuesOf(await readAll(subject.log, 'outputs', 1))).toEqual(['c'])
      expect(await blocksOf(session, 0)).toEqual([[1, 'block']])
    })

    test('a refused commit changes nothing', async () => {
      const session = await subject.log.session('task')
      await session.commit(commitOf({ positions: [position(0, 1)], changelog: Buffer.from('one') }))
      const refused = session.commit({
        positions: [position(0, 9)],
        outputs: [entry('outputs', 0, 'a'), entry('none', 0, 'b')],
        changelog: Buffer.from('two'),
      })
      await expect(refused).rejects.toEqual(refusal('UNKNOWN_TOPIC'))
      expect(session.sequence()).toBe(1)
      expect(session.positions()).toEqual([position(0, 1)])
      expect(subject.log.endOffset('outputs', 0)).toBe(0)
      expect(await blocksOf(session, 0)).toEqual([[1, 'one']])
      expect(await session.commit(commitOf())).toBe(2)
    })

    test('positions that a commit does not name stay as they were', async () => {
      const session = await subject.log.session('task')
      await session.commit(commitOf({ positions: [position(0, 1), position(1, 2)] }))
      await session.commit(commitOf({ positions: [position(1, 5, -Infinity)] }))
      const inOrder = [...session.positions()].sort((one, other) => one.partition - other.partition)
      expect(inOrder).toEqual([position(0, 1), position(1, 5, -Infinity)])
    })

    test('commits of who was fenced, made at the same time, do not disturb the owner', async () => {
      let older = await subject.log.session('task')
      for (let at = 1; at <= TAKE_OVERS; at++) {
        const newer = await subject.log.session('task')
        const outputs = [entry('outputs', 0, `${at}`)]
        const [late, own] = await Promise.allSettled([
          older.commit(commitOf({ outputs })),
          newer.commit(commitOf({ outputs })),
        ])
        expect(late).toEqual({ status: 'rejected', reason: refusal('FENCED') })
        expect(own).toEqual({ status: 'fulfilled', value: at })
        older = newer
      }
      expect(subject.log.endOffset('outputs', 0)).toBeGreaterThanOrEqual(TAKE_OVERS)
    })

    test.each([
      ['', [entry('outputs', 0, 'x')]],
      [', also of nothing but changelog,', []],
    ])('a newer session fences the older one, whose commit%s changes nothing', async (_, outputs) => {
      const older = await subject.log.session('task')
      await older.commit(commitOf({ positions: [position(0, 3)], changelog: Buffer.from('older') }))
      const newer = await subject.log.session('task')
      const late = { positions: [position(0, 9)], outputs, changelog: Buffer.from('x') }
      await expect(older.commit(late)).rejects.toEqual(refusal('FENCED'))
      await expect(older.trimChangelog(1)).rejects.toEqual(refusal('FENCED'))
      expect(subject.log.endOffset('outputs', 0)).toBe(0)
      expect(newer.positions()).toEqual([position(0, 3)])
      expect(newer.sequence()).toBe(1)
      expect(await newer.commit(commitOf({ changelog: Buffer.from('newer') }))).toBe(2)
      expect(await blocksOf(newer, 0)).toEqual([
        [1, 'older'],
        [2, 'newer'],
      ])
    })

    test('sessions of different tasks do not disturb each other', async () => {
      const one = await subject.log.session('one')
      const other = await subject.log.session('other')
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
      const session = await subject.log.session('task')
      await Promise.all([
        subject.log.append([entry('outputs', 0, 'a')]),
        session.commit(commitOf({ outputs: [entry('outputs', 0, 'b', 'c')] })),
        subject.log.append([entry('outputs', 0, 'd')]),
      ])
      const records = await readAll(subject.log, 'outputs', 0)
      const offsets = records.map(({ offset }) => offset)
      if (subject.traits.offsets === 'dense') expect(offsets).toEqual([0, 1, 2, 3])
      for (let at = 1; at < offsets.length; at++) expect(offsets[at]).toBeGreaterThan(offsets[at - 1]!)
      expect(valuesOf(records).sort()).toEqual(['a', 'b', 'c', 'd'])
      expect(valuesOf(records).join('')).toContain('bc')
    })

    test('the changelog is read after a sequence, every commit having a block', async () => {
      const session = await subject.log.session('task')
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
      const session = await subject.log.session('task')
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
      const session = await subject.log.session('task')
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
      const session = await subject.log.session('task')
      await session.commit(commitOf({ positions: [position(2, 4)] }))
      await session.close()
      await session.close()
      await expect(session.commit(commitOf())).rejects.toEqual(refusal('CLOSED'))
      const next = await subject.log.session('task')
      expect([next.sequence(), next.positions()]).toEqual([1, [position(2, 4)]])
    })
  })
}
