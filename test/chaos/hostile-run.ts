import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RSS_MIB_MAX, runHostile } from './hostile.ts'
import { optionsOf } from './options.ts'

/**
 * `node test/chaos/hostile-run.ts [--events 200000] [--seed 1]`: prints JSON. Throws where anything bad passed; exit
 * code 1 where the server crashed or took too much memory.
 */
const { numbers } = optionsOf({ events: 200_000, seed: 1 })
const directory = await mkdtemp(join(tmpdir(), 'freshet-hostile-'))
const started = performance.now()
try {
  const report = await runHostile({ directory, ...numbers, endless: true })
  const seconds = Math.round((performance.now() - started) / 1_000)
  process.stdout.write(`${JSON.stringify({ ...report, seconds })}\n`)
  process.exitCode = report.crashed === 0 && report.rss_mb_peak < RSS_MIB_MAX ? 0 : 1
} finally {
  await rm(directory, { recursive: true, force: true })
}
