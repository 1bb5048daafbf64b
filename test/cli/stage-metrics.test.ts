import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { PrometheusStageMetrics } from '../../cli/stage-metrics.ts'

test('stages tell Prometheus their time, what they kept, and when they were dropped', async () => {
  const registry = new Registry()
  const told: string[] = []
  const metrics = new PrometheusStageMetrics(registry, (line) => told.push(line))
  metrics.ran('pass-0', 1.5, 500)
  metrics.dropped('source-friend', 'late', undefined)
  metrics.removed('seen', 3)
  metrics.removed('seen', 4)
  const text = await registry.metrics()
  expect(text).toContain('freshet_feed_stage_ms_sum{stage="pass-0"} 1.5')
  expect(text).toContain('freshet_feed_stage_candidates_bucket{le="500",stage="pass-0"} 1')
  expect(text).toContain('freshet_feed_stages_dropped_total{stage="source-friend",reason="late"} 1')
  expect(text).toContain('freshet_feed_removed_total{filter="seen"} 7')
  expect(told).toEqual([])
})

test('a fault in a stage is told once, by its kind and place and not its text', () => {
  const told: string[] = []
  const metrics = new PrometheusStageMetrics(new Registry(), (line) => told.push(line))
  for (let time = 0; time < 3; time++) metrics.dropped('pass-1', 'UNEXPECTED', new TypeError('of ann'))
  expect(told).toHaveLength(1)
  expect(told[0]).toMatch(/^UNEXPECTED: stage pass-1: TypeError at /)
  expect(told[0]).not.toContain('ann')
})
