import { expect, test } from 'vitest'
import { CLI_ERRORS, lineOf } from '../../../cli/errors.ts'
import { LetterBox } from '../../../cli/inspect/letters.ts'
import { RemoteInspection } from '../../../cli/inspect/remote.ts'
import { contractCodec } from '../../../engine/contract-topic.ts'
import { ByteWriter } from '../../../engine/bytes.ts'
import { deadLetterTopicName } from '../../../engine/dead-letters.ts'
import { partitionOf } from '../../../engine/hash.ts'
import { keyOf } from '../../../engine/key.ts'
import { FrameCursor, FrameWriter } from '../../../engine/log/frame.ts'
import { SimulatedLog } from '../../../engine/log/simulated.ts'
import { topicSpecsOf } from '../../../engine/worker.ts'
import { deadLetters } from '../../../schemas/dead-letters/index.ts'
import { millis } from '../../../schemas/ids.ts'
import { reactions } from '../../../schemas/reactions/index.ts'
import { affinity } from '../../../topologies/affinity.ts'
import { aReaction, T0 } from '../../processors/events.ts'
import { Running } from '../running.ts'
import { Spawned } from '../spawned.ts'

const KEY_BYTES_KEPT = 1_024
const VALUE_BYTES_KEPT = 1_000_000

/** Puts a record into the log that no reader takes, as any publisher to the log could. */
const publishGarbage = async ({ embedded }: Running, keyBytes: number, valueBytes: number): Promise<void> => {
  const frame = new FrameWriter()
  frame.append(0, Buffer.alloc(keyBytes, 'k'), 0, keyBytes, Buffer.alloc(valueBytes, 'v'), 0, valueBytes)
  await embedded.log.append([{ topic: 'reactions', partition: 0, frame: frame.take() }])
  await embedded.settled()
}

test.each([
  ['key', KEY_BYTES_KEPT + 1, 10],
  ['value', 10, VALUE_BYTES_KEPT + 1],
])(
  'a letter that holds only a part of its %s is shown, and not sent again',
  async (_part, keyBytes, valueBytes) => {
    const running = await Running.start()
    await publishGarbage(running, keyBytes, valueBytes)
    const shown = await running.get('/admin/v1/dead-letters/letter?id=reactions/0/0')
    expect(shown.body).toMatchObject({ id: 'reactions/0/0', code: 'DECODE_FAILED' })
    const replayed = await running.post('/admin/v1/dead-letters/replay', '{"id":"reactions/0/0"}')
    expect([replayed.status, replayed.body['code']]).toEqual([409, 'NOT_REPLAYABLE'])
  },
)

test('a command that asks a server tells why a letter is not sent again, and what to do, once', async () => {
  const running = await Running.start()
  await publishGarbage(running, 10, 10)
  const replaying = new RemoteInspection(running.url).replay('reactions/0/0')
  const line = lineOf(await replaying.catch((error: unknown) => error))
  const [happened, ...rest] = line.split(CLI_ERRORS.NOT_REPLAYABLE.action)
  expect([happened, rest]).toEqual([expect.stringMatching(/^NOT_REPLAYABLE: reactions\/0\/0 would be/), ['']])
})

test('a timer that failed is no record, and nothing is appended for it', async () => {
  const log = new SimulatedLog({ clock: () => millis(T0) })
  await log.createTopics(topicSpecsOf(affinity, 1, Infinity))
  const letter = new ByteWriter()
  const failed = { topic: 'reactions', partition: 0, offset: 3, code: 'TIMER_FAILED', field: null }
  const said = { reason: 'timer at 1: Error: told to', processor: 'user' }
  const key = Buffer.from('ann')
  contractCodec(deadLetters).encode({ ...failed, ...said, key, value: Buffer.alloc(0), at: T0 }, letter)
  const frame = new FrameWriter()
  frame.append(T0, key, 0, key.length, letter.buffer, 0, letter.position)
  await log.append([{ topic: deadLetterTopicName('reactions'), partition: 0, frame: frame.take() }])
  const box = new LetterBox(log, affinity, { isDense: true })
  await expect(box.replay('reactions/0/0')).rejects.toMatchObject({ code: 'NOT_REPLAYABLE' })
  expect(log.endOffset('reactions', 0)).toBe(0)
})

test('what lay on a wrong partition is sent to that of its id, under the key that its contract names', async () => {
  const partitions = 3
  const log = new SimulatedLog({ clock: () => millis(T0) })
  await log.createTopics(topicSpecsOf(affinity, partitions, Infinity))
  const reaction = aReaction()
  const [value, letter] = [new ByteWriter(), new ByteWriter()]
  contractCodec(reactions).encode(reaction, value)
  const id = keyOf(reactions.keyOf(reaction))
  const right = partitionOf(id, 0, id.length, partitions)
  const wrong = (right + 1) % partitions
  const misplaced = { topic: 'reactions', partition: wrong, offset: 0, code: 'WRONG_PARTITION', field: null }
  const said = { reason: 'its id belongs elsewhere', processor: null, at: T0 }
  const key = Buffer.from('of no one')
  contractCodec(deadLetters).encode({ ...misplaced, ...said, key, value: value.view() }, letter)
  const frame = new FrameWriter()
  frame.append(T0, key, 0, key.length, letter.buffer, 0, letter.position)
  await log.append([{ topic: deadLetterTopicName('reactions'), partition: wrong, frame: frame.take() }])
  await new LetterBox(log, affinity, { isDense: true }).replay(`reactions/${wrong}/0`)
  const ends = Array.from({ length: partitions }, (_, partition) => log.endOffset('reactions', partition))
  expect(ends).toEqual([0, 1, 2].map((partition) => (partition === right ? 1 : 0)))
  const [sent] = await log.read('reactions', right, 0, 1)
  const cursor = new FrameCursor().over(sent!.frame)
  cursor.next()
  expect(cursor.buffer.subarray(cursor.keyStart, cursor.keyEnd)).toEqual(id)
  expect(cursor.buffer.subarray(cursor.valueStart, cursor.valueEnd)).toEqual(Buffer.from(value.view()))
})

test('what is put aside each time it is sent again is sent once, however many letters it has', async () => {
  const running = await Running.start()
  const value = new ByteWriter()
  contractCodec(reactions).encode(aReaction({ at: millis(Date.UTC(2099, 0)) }), value)
  const frame = new FrameWriter()
  frame.append(0, Buffer.from('user-1'), 0, 6, value.buffer, 0, value.position)
  await running.embedded.log.append([{ topic: 'reactions', partition: 0, frame: frame.take() }])
  await running.embedded.settled()
  for (let letters = 1; letters <= 3; letters++) {
    const args = ['dlq', 'replay', 'reactions', '--url', running.url, '--json']
    const { code, stdout } = await new Spawned(running.data, args).ended
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ replayed: 1, ids: [`reactions/0/${letters - 1}`], refused: [] })
    await running.embedded.settled()
    const { body } = await running.get('/admin/v1/dead-letters?topic=reactions')
    expect(body).toMatchObject({ topics: { reactions: letters + 1 } })
  }
})
