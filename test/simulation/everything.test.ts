import { describe, expect, it } from 'vitest'
import { NotedMetrics } from '../engine/rig.ts'
import { recountPosts, totalsOf } from './society/recount.ts'
import { disturbed, golden } from './society/runs.ts'

/** Some twenty seconds of them. */
const SEEDS = Number(process.env['FRESHET_SEEDS'] ?? 25)
const FIRST_SEED = Number(process.env['FRESHET_FIRST_SEED'] ?? 0)

/** Wall time that one seed may take on a busy machine. */
const SEED_MS_MAX = 3_000

const counted = ({ counts }: NotedMetrics, beginning: string): number =>
  [...counts].reduce((sum, [name, count]) => sum + (name.startsWith(beginning) ? count : 0), 0)

describe('everything under crashes and rebalances', () => {
  it(
    `ends as an undisturbed run of one partition does, for ${SEEDS} seeds`,
    async () => {
      const metrics = new NotedMetrics()
      let late = 0
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
        const expected = await golden(seed)
        expect(totalsOf(expected, seed), `totals of seed ${seed}`).toEqual(recountPosts(seed))
        expect(await disturbed(seed, metrics), `seed ${seed}`).toEqual(expected)
        late += expected.examples.filter((each) => each.includes('"phase":"late"')).length
      }
      for (const what of [
        'late_events',
        'duplicate_events',
        'timers_fired',
        'dead_letters',
        'task_failures',
      ]) {
        expect(counted(metrics, what), what).toBeGreaterThan(0)
      }
      expect(late, 'late examples').toBeGreaterThan(0)
    },
    SEEDS * SEED_MS_MAX,
  )
})
