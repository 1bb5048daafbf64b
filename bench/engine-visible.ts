import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../cli/runtime/clock.ts'
import type { Embedded } from '../cli/runtime/embedded.ts'
import { keyOf } from '../engine/key.ts'
import { EmbeddedFeatureStore } from '../features/store/embedded.ts'
import { userAuthor } from '../processors/views/user-author.ts'
import { envelopeOf, type ReactionLoad } from './engine-load.ts'

export interface Latency {
  readonly p50Ms: number
  readonly p99Ms: number
}

const EVENTS_PER_SECOND = 10_000
const SLICE_MS = 10
const PROBE_MS = 20
const POLL_MS = 1

/**
 * Publishes 10,000 events a second and, many times a second, one whose effect is awaited: from the moment it
 * is accepted (durable in the log) until the feature that a feed reads has counted it.
 */
export const visibleLatency = async (
  embedded: Embedded,
  load: ReactionLoad,
  seconds: number,
): Promise<Latency> => {
  const until = performance.now() + seconds * 1000
  const latencies: number[] = []
  await Promise.all([publish(embedded, load, until), probe(embedded, load, until, latencies)])
  await embedded.settled()
  latencies.sort((one, other) => one - other)
  return { p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) }
}

const publish = async (embedded: Embedded, load: ReactionLoad, until: number): Promise<void> => {
  let due = performance.now()
  while (performance.now() < until) {
    const now = systemClock.now()
    const slice = Array.from({ length: (EVENTS_PER_SECOND * SLICE_MS) / 1000 }, () =>
      envelopeOf(load.anyReaction(now)),
    )
    await embedded.publish(slice)
    due += SLICE_MS
    await sleep(Math.max(0, due - performance.now()))
  }
}

const probe = async (
  embedded: Embedded,
  load: ReactionLoad,
  until: number,
  latencies: number[],
): Promise<void> => {
  const features = new EmbeddedFeatureStore(embedded.worker)
  for (let index = 0; performance.now() < until; index++) {
    const reaction = { ...load.anyReaction(systemClock.now()), kind: 'like' as const, value: null }
    const key = keyOf(`probe-${index}`, reaction.authorId)
    await embedded.publish([
      envelopeOf({ ...reaction, userId: `probe-${index}` as typeof reaction.authorId }),
    ])
    const accepted = performance.now()
    while ((await features.readMany(userAuthor, [key])).ends[0] === 0) await sleep(POLL_MS)
    latencies.push(performance.now() - accepted)
    await sleep(PROBE_MS)
  }
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
