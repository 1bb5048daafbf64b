import { expect, test } from 'vitest'
import { PrometheusMetrics } from '../../cli/metrics.ts'
import { bothMetrics, EventCounts } from '../../cli/runtime/event-counts.ts'

test('what the engine tells can be scraped', async () => {
  const metrics = new PrometheusMetrics()
  metrics.count('events', { topic: 'reactions' }, 3)
  metrics.count('events', { topic: 'reactions' }, 4)
  metrics.gauge('lag_records', { task: 'user-0', topic: 'reactions' }, 17)
  metrics.observe('commit_ms', { task: 'user-0' }, 12)
  const text = await metrics.registry.metrics()
  expect(text).toContain('freshet_events_total{topic="reactions"} 7')
  expect(text).toContain('freshet_lag_records{task="user-0",topic="reactions"} 17')
  expect(text).toContain('freshet_commit_ms_bucket{le="20",task="user-0"} 1')
  expect(text).toContain('process_resident_memory_bytes')
})

test('labels beyond the limit are told together', async () => {
  const metrics = new PrometheusMetrics()
  for (let number = 0; number < 2_000; number++) {
    metrics.count('processor_counts', { name: `made-up-${number}` }, 1)
  }
  const text = await metrics.registry.metrics()
  expect(text.match(/^freshet_processor_counts_total\{/gm)).toHaveLength(513)
  expect(text).toContain('freshet_processor_counts_total{name="other"} 1488')
})

test('gauges of more tasks than are told one by one are added up, and of their times the furthest behind is told', async () => {
  const metrics = new PrometheusMetrics()
  for (let number = 0; number < 1_000; number++) {
    metrics.gauge('lag_records', { task: `user-${number}`, topic: 'posts' }, 1)
    metrics.gauge('watermark_ms', { task: `user-${number}` }, 5_000 - number)
  }
  const lag = async (): Promise<readonly number[]> => {
    const lines = (await metrics.registry.metrics()).matchAll(/^freshet_lag_records\{.*\} (\d+)$/gm)
    return [...lines].map(([, value]) => Number(value))
  }
  expect(await lag()).toHaveLength(513)
  const sum = async (): Promise<number> => (await lag()).reduce((all, one) => all + one)
  expect(await sum()).toBe(1_000)
  expect(await metrics.registry.metrics()).toContain('freshet_watermark_ms{task="other"} 4001')

  metrics.gauge('lag_records', { task: 'user-999', topic: 'posts' }, 8)
  expect(await sum()).toBe(1_007)
  metrics.keepTasks(['user-0', 'user-999'])
  expect(await lag()).toEqual([1, 8])
})

test('events are added up over public topics, dead letters over all', () => {
  const counts = new EventCounts()
  const metrics = bothMetrics(counts, new PrometheusMetrics())
  metrics.count('events', { topic: 'reactions' }, 5)
  metrics.count('events', { topic: 'post-deltas' }, 7)
  metrics.count('late_events', { topic: 'posts' }, 2)
  metrics.count('duplicate_events', { topic: 'posts' }, 3)
  metrics.count('dead_letters', { topic: 'post-deltas', code: 'PROCESS_FAILED' }, 1)
  metrics.count('commits', { task: 'user-0' }, 9)
  metrics.gauge('lag_records', { task: 'user-0', topic: 'posts' }, 9)
  metrics.observe('commit_ms', { task: 'user-0' }, 9)
  expect(counts.totals).toEqual({ processed: 5, late: 2, duplicates: 3, deadLetters: 1 })
})

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
