import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runHostile } from './hostile.ts'

/** `node test/chaos/hostile-run.ts [--events 200000] [--seed 1]`: prints JSON; throws where anything bad passed. */
const { values } = parseArgs({
  options: { events: { type: 'string', default: '200000' }, seed: { type: 'string', default: '1' } },
})
const directory = await mkdtemp(join(tmpdir(), 'freshet-hostile-'))
const started = performance.now()
try {
  const report = await runHostile({
    directory,
    events: Number(values.events),
    seed: Number(values.seed),
    endless: true,
  })
  const seconds = Math.round((performance.now() - started) / 1_000)
  process.stdout.write(`${JSON.stringify({ ...report, seconds })}\n`)
} finally {
  await rm(directory, { recursive: true, force: true })
}
