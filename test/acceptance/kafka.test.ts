import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { realServices } from '../../services/index.ts'
import type { KafkaService } from '../../services/port.ts'
import { everything } from '../../topologies/index.ts'
import { missing, START_MS_MAX } from '../services/here.ts'
import { LAST_ROUNDS, letTimePass, publicationsOf } from '../simulation/society/index.ts'
import { golden, outcomeOf, START_MS, type Outcome } from '../simulation/society/runs.ts'
import { Fleet } from './kafka/fleet.ts'

const noKafka = await missing('kafka')
const TEST_MS_MAX = 300_000
/** Publications between two rounds of the workers, and between two machines that are replaced. */
const ROUND_EVERY = 10
const REPLACE_EVERY = 70

describe.skipIf(noKafka !== undefined)(`everything on Kafka ${noKafka ?? ''}`, () => {
  let kafka: KafkaService

  beforeAll(async () => {
    kafka = await realServices.kafka()
  }, START_MS_MAX)
  afterAll(() => kafka.stop())

  const start = (seed: number, partitions: number, workers: number): Promise<Fleet> =>
    Fleet.start(everything, {
      seed,
      partitions,
      workers,
      startMs: START_MS,
      brokers: kafka.brokers,
      prefix: `fleet-${seed}.`,
    })

  const finish = async (fleet: Fleet, seed: number): Promise<Outcome> => {
    await fleet.settle()
    for (const round of LAST_ROUNDS) {
      await letTimePass(fleet, seed, round)
      await fleet.settle()
    }
    const outcome = await outcomeOf(fleet, seed)
    await fleet.close()
    return outcome
  }

  test(
    'over 4 partitions and 3 workers ends as one process on a simulated log does, byte for byte',
    async () => {
      const seed = 1
      const fleet = await start(seed, 4, 3)
      for (const { send } of publicationsOf(seed)) await send(fleet)
      expect(await finish(fleet, seed)).toEqual(await golden(seed))
    },
    TEST_MS_MAX,
  )

  test(
    'ends so, too, when workers are taken for dead in the midst, go on as zombies, and others start from the changelogs',
    async () => {
      const seed = 2
      const fleet = await start(seed, 3, 2)
      let replaced = 0
      for (const [index, { send }] of publicationsOf(seed).entries()) {
        await send(fleet)
        if (index % ROUND_EVERY === 0) await fleet.round()
        if (index % REPLACE_EVERY !== REPLACE_EVERY - 1) continue
        await fleet.replace()
        replaced++
      }
      expect(replaced).toBeGreaterThan(1)
      expect(await finish(fleet, seed)).toEqual(await golden(seed))
    },
    TEST_MS_MAX,
  )
})
