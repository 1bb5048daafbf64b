import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LetterBox } from '../../../cli/inspect/letters.ts'
import { contractCodec } from '../../../engine/contract-topic.ts'
import { ByteWriter } from '../../../engine/bytes.ts'
import { FrameWriter, type Frame } from '../../../engine/log/frame.ts'
import { KafkaLog } from '../../../engine/log/kafka.ts'
import { topicSpecsOf } from '../../../engine/worker.ts'
import { deadLetters } from '../../../schemas/dead-letters/index.ts'
import { millis } from '../../../schemas/ids.ts'
import { realServices } from '../../../services/index.ts'
import type { KafkaService } from '../../../services/port.ts'
import { counting } from '../../engine/counting.ts'
import { missing, START_MS_MAX } from '../../services/here.ts'

const noKafka = await missing('kafka')
const AT = 1_750_000_000_000

const letterOf = (number: number): Frame => {
  const writer = new ByteWriter()
  contractCodec(deadLetters).encode(
    {
      topic: 'taps',
      partition: 0,
      offset: number,
      code: 'DECODE_FAILED',
      field: null,
      reason: `letter ${number}`,
      processor: null,
      key: Buffer.from('ann'),
      value: Buffer.from('garbage'),
      at: millis(AT + number),
    },
    writer,
  )
  const frame = new FrameWriter()
  const key = Buffer.from('taps')
  frame.append(AT + number, key, 0, key.length, writer.view(), 0, writer.position)
  return frame.take()
}

describe.skipIf(noKafka !== undefined)(`dead letters on Kafka ${noKafka ?? ''}`, () => {
  let kafka: KafkaService

  beforeAll(async () => {
    kafka = await realServices.kafka()
  }, START_MS_MAX)
  afterAll(() => kafka.stop())

  test('are counted, listed and shown though each commit leaves out an offset', async () => {
    const log = await KafkaLog.open({ brokers: kafka.brokers, prefix: 'letters.', changelogPartitions: 1 })
    await log.createTopics(topicSpecsOf(counting, 1, Infinity))
    const session = await log.session('user-0')
    const topic = 'taps.dead-letters'
    for (let number = 0; number < 7; number++) {
      const outputs = [{ topic, partition: 0, frame: letterOf(number) }]
      await session.commit({ positions: [], outputs, changelog: Buffer.alloc(0) })
    }
    const newcomer = await KafkaLog.open({
      brokers: kafka.brokers,
      prefix: 'letters.',
      changelogPartitions: 1,
    })
    const box = new LetterBox(newcomer, counting, { isDense: false })
    const { topics, letters } = await box.list('taps', 3)
    expect(topics).toEqual({ taps: 7 })
    expect(letters.map(({ reason }) => reason)).toEqual(['letter 4', 'letter 5', 'letter 6'])
    for (const letter of letters) expect(await box.show(letter.id)).toMatchObject(letter)
    const [, , offset] = letters[0]!.id.split('/')
    await expect(box.show(`taps/0/${Number(offset) + 1}`)).rejects.toThrow('is not in the log')
    await newcomer.close()
    await log.close()
  })
})
