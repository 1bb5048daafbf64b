import { describe, expect, test } from 'vitest'
import { entry, readAll, valuesOf } from './frames.ts'
import { commitOf, refusal, TOPIC, type LogSubject } from './log-subject.ts'

export const topicsConformance = (subject: LogSubject): void => {
  describe('topics', () => {
    test('creating a topic again with the same partitions changes nothing', async () => {
      await subject.log.append([entry('events', 0, 'a')])
      await subject.log.createTopics([TOPIC])
      expect(subject.log.partitions('events')).toBe(3)
      expect(subject.log.endOffset('events', 0)).toBe(1)
    })

    test('another partition count is refused, and nothing of the call is created', async () => {
      const specs = [
        { ...TOPIC, name: 'new' },
        { ...TOPIC, partitions: 4 },
      ]
      await expect(subject.log.createTopics(specs)).rejects.toEqual(refusal('TOPIC_MISMATCH'))
      expect(() => subject.log.partitions('new')).toThrow('UNKNOWN_TOPIC')
    })

    test.each([0, -1, 1.5, NaN, 100_000])('%d partitions are refused', async (partitions) => {
      const creating = subject.log.createTopics([{ ...TOPIC, name: 'new', partitions }])
      await expect(creating).rejects.toEqual(refusal('TOPIC_MISMATCH'))
    })

    test('an unknown topic or partition is refused in every call', async () => {
      const session = await subject.log.session('task')
      for (const [topic, partition] of [
        ['none', 0],
        ['__proto__', 0],
        ['events', 3],
        ['events', -1],
      ] as const) {
        await expect(subject.log.append([entry(topic, partition, 'a')])).rejects.toEqual(
          refusal('UNKNOWN_TOPIC'),
        )
        await expect(subject.log.read(topic, partition, 0, 100)).rejects.toEqual(refusal('UNKNOWN_TOPIC'))
        expect(() => subject.log.endOffset(topic, partition)).toThrow('UNKNOWN_TOPIC')
        expect(() => subject.log.startOffset(topic, partition)).toThrow('UNKNOWN_TOPIC')
        const outputs = commitOf({ outputs: [entry('outputs', 0, 'a'), entry(topic, partition, 'a')] })
        await expect(session.commit(outputs)).rejects.toEqual(refusal('UNKNOWN_TOPIC'))
        const positions = commitOf({ positions: [{ topic, partition, offset: 0, newest: 0 }] })
        await expect(session.commit(positions)).rejects.toEqual(refusal('UNKNOWN_TOPIC'))
      }
      expect(subject.log.endOffset('outputs', 0)).toBe(0)
      expect(session.sequence()).toBe(0)
    })

    test('topic names may hold any text', async () => {
      const names = ['__proto__', 'constructor', 'a/b', 'ü\u0000ü', 'x'.repeat(200)]
      await subject.log.createTopics(names.map((name) => ({ ...TOPIC, name })))
      for (const name of names) await subject.log.append([entry(name, 2, name)])
      await subject.reopen()
      for (const name of names) expect(valuesOf(await readAll(subject.log, name, 2))).toEqual([name])
    })
  })
}
