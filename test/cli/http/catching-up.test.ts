import { expect, onTestFinished, test } from 'vitest'
import type { Frame } from '../../../engine/log/frame.ts'
import { openEnvelope } from '../../../schemas/envelope.ts'
import { post, tie } from '../community.ts'
import { Running } from '../running.ts'
import { temporaryDirectory } from '../temporary.ts'

const ECHOES = 'connections-reversed'
const SOON = { timeout: 20_000 }

const echoOn = async ({ embedded }: Running): Promise<Frame> => {
  const [first] = await embedded.log.read(ECHOES, 0, 0, 1)
  return first!.frame
}

const answerOf = async (running: Running, path: string): Promise<unknown> => {
  const { status, body } = await running.get(path)
  return [status, body['code']]
}

test('a server that was ready before anybody asked answers its first feed, though echoes of what streams in wait', async () => {
  const running = await Running.start()
  await running.take([tie('ada', 'bea', 'follow'), tie('ada', 'cem', 'follow'), tie('cem', 'ada', 'block')])
  await running.take([post('of-bea', 'bea'), post('of-cem', 'cem')])
  running.embedded.pause()
  // As of a block that was processed a moment ago: one that is processed twice says nothing new.
  await running.embedded.log.append([{ topic: ECHOES, partition: 0, frame: await echoOn(running) }])
  await running.publish(post('next', 'bea'), tie('dan', 'ada', 'block'))
  expect(await answerOf(running, '/readyz')).toEqual([200, undefined])
  const { items } = await running.feed({ userId: 'ada' })
  expect(items.map(({ postId }) => postId)).toEqual(['of-bea'])
})

test('a server that starts over what was accepted and not processed is ready once it answers feeds, and not before', async () => {
  const data = await temporaryDirectory()
  const first = await Running.open(data)
  first.embedded.pause()
  await first.embedded.publish([openEnvelope(tie('ada', 'bea', 'block'))])
  await first.stop()

  const running = await Running.open(data, { paused: true })
  onTestFinished(() => running.stop())
  expect(await answerOf(running, '/healthz')).toEqual([200, undefined])
  expect(await answerOf(running, '/readyz')).toEqual([503, 'NOT_READY'])
  expect(await answerOf(running, '/v1/feed?userId=ada')).toEqual([503, 'CATCHING_UP'])
  expect((await running.publish(post('meanwhile', 'bea'))).status).toBe(200)
  running.embedded.resume()
  await expect.poll(() => answerOf(running, '/readyz'), SOON).toEqual([200, undefined])
  expect(await answerOf(running, '/v1/feed?userId=ada')).toEqual([200, undefined])
})
