import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoEvents } from '../../cli/demo/events.ts'
import { millis } from '../../schemas/ids.ts'
import { digestOf, replayUnderKills } from './kill.ts'

const NOW = millis(Date.UTC(2026, 0, 15))

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
    const lines = [...demoEvents({ seed: 1, now: NOW })].map((event) => JSON.stringify(event))
    await writeFile(file, `${lines.join('\n')}\n`)
    const common = { file, seed: 7, batchLines: 200, aliveMsMin: 100, aliveMsMax: 500 }
    const calm = await replayUnderKills({ ...common, directory: join(directory, 'calm'), kills: 0 })
    const killed = await replayUnderKills({ ...common, directory: join(directory, 'killed'), kills: 3 })
    expect(killed.kills).toBeGreaterThan(0)
    expect(killed.events).toBe(calm.events)
    expect(await digestOf(join(directory, 'killed'))).toEqual(await digestOf(join(directory, 'calm')))
  }, 180_000)
})
