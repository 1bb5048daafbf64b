import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { openServing } from '../../../cli/serving/open.ts'
import { RANKING_FILE } from '../../../cli/serving/ranking-file.ts'
import { NO_STAGE_METRICS } from '../../../serving/pipeline/metrics.ts'
import { post, tie } from '../community.ts'
import { Running } from '../running.ts'
import { temporaryDirectory } from '../temporary.ts'

const settings = (like: number): string =>
  JSON.stringify({
    ranking: { valueModel: { version: `likes-${like}`, weights: { like } } },
    experiments: [
      {
        name: 'quiet',
        salt: 'quiet-1',
        arms: [{ name: 'everyone', share: 1, ranking: { rulesOff: ['author-diversity'] } }],
      },
    ],
  })

test('what the file says counts from the next feed on, and one that is wrong changes nothing', async () => {
  const running = await Running.start()
  await running.take([tie('ada', 'bo', 'follow'), post('p1', 'bo'), post('p2', 'bo')])
  const file = join(running.data, RANKING_FILE)
  const ask = () => running.feed({ userId: 'ada' })
  const before = await ask()
  expect(before.meta.experiment).toBeUndefined()

  await writeFile(file, settings(7))
  await running.serving.rankingFile.look()
  const after = await ask()
  expect(after.meta.experiment).toBe('quiet/everyone')
  expect(after.meta.configVersion).not.toBe(before.meta.configVersion)
  const [item] = after.items
  expect(item!.trace.heads.find(({ head }) => head === 'like')!.weight).toBe(7)
  expect(item!.trace.multipliers.map(({ rule }) => rule)).not.toContain('author-diversity')

  await writeFile(file, settings(-1))
  await expect(running.serving.rankingFile.look()).rejects.toThrow('weights.like is -1')
  expect(running.serving.rankingFile.isFailing).toBe(true)
  expect((await ask()).meta.configVersion).toBe(after.meta.configVersion)
  expect(String((await running.get('/metrics')).body['text'])).toContain('freshet_ranking_file_failing 1')
  await writeFile(file, settings(7))
  await running.serving.rankingFile.look()
  expect(running.serving.rankingFile.isFailing).toBe(false)
})

test('a server does not begin with a file that is wrong', async () => {
  const running = await Running.start()
  const data = await temporaryDirectory()
  await writeFile(join(data, RANKING_FILE), settings(-1))
  const { embedded } = running
  await expect(
    openServing({ backend: embedded, data, clock: systemClock, metrics: NO_STAGE_METRICS }),
  ).rejects.toThrow('weights.like is -1')
})
