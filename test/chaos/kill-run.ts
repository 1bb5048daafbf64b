import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf, newestIn, replayUnderKills } from './kill.ts'
import { optionsOf } from './options.ts'

/** `node test/chaos/kill-run.ts FILE [--kills 20] [--seed 1]`: prints JSON; exit 1 where the states differ. */
const { numbers, given } = optionsOf({ kills: 20, seed: 1 }, [], 1)
const file = given[0]!
const directory = await mkdtemp(join(tmpdir(), 'freshet-chaos-'))
const common = { file, batchLines: 1000, seed: numbers.seed, aliveMsMin: 200, aliveMsMax: 1_500 }
const calm = { ...common, directory: join(directory, 'calm'), kills: 0 }
const killed = { ...common, directory: join(directory, 'killed'), kills: numbers.kills }
await replayUnderKills(calm)
const report = await replayUnderKills(killed)
const newest = await newestIn(file)
const expected = await digestOf(calm.directory, newest)
const actual = await digestOf(killed.directory, newest)
const differing = Object.keys(expected).filter((store) => expected[store] !== actual[store])
await rm(directory, { recursive: true, force: true })
process.stdout.write(`${JSON.stringify({ ...report, stores: Object.keys(expected).length, differing })}\n`)
process.exitCode = differing.length === 0 ? 0 : 1
