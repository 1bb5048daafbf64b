import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lived } from '../world/recorder.ts'
import { digestOf, newestIn, replayUnderKills } from './kill.ts'

describe('freshet up, killed with kill -9 while it takes events', () => {
  let directory = ''

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'freshet-kill-'))
  })

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  it('ends with the state of an undisturbed run, value for value', async () => {
    const file = join(directory, 'events.ndjson')
    const { recorder } = await lived({ users: 120 }, { days: 3, driver: { limit: 12 } })
    expect(recorder.lines.length).toBeGreaterThan(15_000)
    await writeFile(file, `${recorder.lines.join('\n')}\n`)
    const common = { file, seed: 7, batchLines: 200, aliveMsMin: 100, aliveMsMax: 500 }
    const calm = await replayUnderKills({ ...common, directory: join(directory, 'calm'), kills: 0 })
    const killed = await replayUnderKills({ ...common, directory: join(directory, 'killed'), kills: 3 })
    expect(killed.kills).toBeGreaterThan(0)
    expect(killed.events).toBe(calm.events)
    const newest = await newestIn(file)
    expect(await digestOf(join(directory, 'killed'), newest)).toEqual(
      await digestOf(join(directory, 'calm'), newest),
    )
  }, 180_000)
})
