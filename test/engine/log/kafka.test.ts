import { afterAll, beforeAll, describe } from 'vitest'
import { KafkaLog } from '../../../engine/log/kafka.ts'
import { realServices } from '../../../services/index.ts'
import type { KafkaService } from '../../../services/port.ts'
import { foreignConformance } from '../../conformance/log-foreign.ts'
import { logConformance } from '../../conformance/log.ts'
import { missing, START_MS_MAX, testedKafkaVersions } from '../../services/here.ts'

for (const version of testedKafkaVersions) {
  const noKafka = await missing('kafka', version)

  describe.skipIf(noKafka !== undefined)(`Kafka ${version} ${noKafka ?? ''}`, () => {
    let kafka: KafkaService
    let logs = 0

    beforeAll(async () => {
      kafka = await realServices.kafka({ version })
    }, START_MS_MAX)
    afterAll(() => kafka.stop())

    foreignConformance(() => kafka)

    logConformance(
      'Kafka',
      async () => {
        const prefix = `log-${logs++}.`
        return {
          open: () => KafkaLog.open({ brokers: kafka.brokers, prefix, changelogPartitions: 1 }),
          dispose: async () => {},
        }
      },
      { modelRuns: 3, isShared: true, traits: { offsets: 'sparse', retention: 'brokers' } },
    )
  })
}
