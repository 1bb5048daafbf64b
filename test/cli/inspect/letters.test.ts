import { expect, test } from 'vitest'
import { FrameWriter } from '../../../engine/log/frame.ts'
import { Running } from '../running.ts'

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
