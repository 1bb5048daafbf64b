import { describe, expect, test } from 'vitest'
import { run } from '../../bench/kafka.ts'
import { buildStreamsPeer } from '../../bench/kafka/streams-peer.ts'
import { ServiceUnavailable } from '../../services/port.ts'
import { missing, START_MS_MAX } from '../services/here.ts'

const noKafka = await missing('kafka')
const SHORT = { keys: 500, events: 2_000, repetitions: 1, workers: 2 }

const noPeer = await buildStreamsPeer().then(
  () => undefined,
  (error: unknown) => {
    if (error instanceof ServiceUnavailable) return error.message
    throw error
  },
)

describe.skipIf(noKafka !== undefined)(`the Kafka benchmark, in short, ${noKafka ?? noPeer ?? ''}`, () => {
  test(
    'runs every system over all events, none lost or doubled, and tells what it can of each',
    async () => {
      const result = await run(SHORT)
      expect(result).toMatchObject({ ...SHORT, partitions: 4, commit_interval_ms: 100, posts: 50 })
      // So few pairs have five authors between them: the ten of each of 50 users come down to four.
      expect(result.keys_touched).toBeGreaterThan(150)
      expect(result.user_author_events_per_s).toBeGreaterThan(0)
      expect(result.affinity_events_per_s).toBeGreaterThan(0)
      expect(result.everything_events_per_s).toBeGreaterThan(0)
      expect(result.user_author_ratio).toBe(result.ratio)
      const [dividend, divisor] = result.ratio_of.split(' / ')
      expect(result).toHaveProperty(dividend!)
      expect(result).toHaveProperty(divisor!)
      const { disk_bytes: onDisk, disk_bytes_per_key: perKey } = result
      expect(Object.keys(onDisk)).toEqual(['user_author', 'affinity', 'everything', 'streams'])
      for (const system of ['user_author', 'affinity', 'everything']) {
        expect(result.state_bytes[system], system).toBeGreaterThan(0)
        expect(onDisk[system], system).toBeGreaterThan(0)
        expect(perKey[system], system).toBeCloseTo(onDisk[system]! / result.keys_touched, 0)
      }
      if (noPeer === undefined) {
        expect(onDisk['streams']).toBeGreaterThan(0)
        expect(result.streams_events_per_s).toBeGreaterThan(0)
        expect(result.ratio).toBeCloseTo(result.user_author_events_per_s! / result.streams_events_per_s!, 1)
        expect(result.streams_missing).toBeUndefined()
      } else {
        expect(result).toMatchObject({ streams_events_per_s: null, ratio: null, everything_ratio: null })
        expect(result.streams_missing).toBe(noPeer)
      }
    },
    START_MS_MAX,
  )
})
