import { describe, expect, it } from 'vitest'
import { missing } from '../services/here.ts'
import { chaos } from './kafka/chaos.ts'
import { societyOf } from './kafka/input.ts'

const noKafka = (await missing('kafka')) ?? (await missing('redis'))

describe.skipIf(noKafka !== undefined)(`freshet workers on a Kafka cluster ${noKafka ?? ''}`, () => {
  it('lose and duplicate nothing when they are killed with kill -9, a broker and Redis die and one sleeps past its session', async () => {
    const report = await chaos({
      seed: 5,
      kills: 3,
      brokerKills: 1,
      freezes: 1,
      redisKills: 1,
      partitions: 3,
      workers: 3,
      standbys: 1,
      diskFulls: 0,
      input: await societyOf(60, 2),
      eventsPerSecond: 100,
      keys: 0,
      minutesMax: Infinity,
      say: () => undefined,
    })
    expect(report).toMatchObject({
      kills: 3,
      brokerKills: 1,
      freezes: 1,
      redisKills: 1,
      carriedWrong: 0,
      inputLost: 0,
      inputDuplicated: 0,
      rowsMissing: 0,
      rowsExtra: 0,
      rowsDiffering: 0,
      outputsLost: 0,
      outputsDuplicated: 0,
      crashed: [],
    })
    expect(report.rows).toBeGreaterThan(1_000)
  }, 900_000)
})
