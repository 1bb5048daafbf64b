import { expect, test } from 'vitest'
import { PrometheusMetrics } from '../../cli/metrics.ts'

test('gauges of a task that has gone elsewhere are told no more, those of others as before', async () => {
  const metrics = new PrometheusMetrics()
  for (const task of ['user-0', 'user-1']) {
    metrics.gauge('lag_records', { task, topic: 'reactions' }, 5)
    metrics.gauge('watermark_ms', { task }, 9)
  }
  metrics.gauge('tasks', { role: 'active' }, 2)
  metrics.keepTasks(['user-1'])
  const text = await metrics.registry.metrics()
  expect(text).not.toContain('task="user-0"')
  expect(text).toContain('freshet_lag_records{task="user-1",topic="reactions"} 5')
  expect(text).toContain('freshet_tasks{role="active"} 2')
  metrics.gauge('watermark_ms', { task: 'user-0' }, 11)
  expect(await metrics.registry.metrics()).toContain('freshet_watermark_ms{task="user-0"} 11')
})
