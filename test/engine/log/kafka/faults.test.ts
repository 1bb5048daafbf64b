import { afterAll, beforeAll, describe } from 'vitest'
import { realServices } from '../../../../services/index.ts'
import type { KafkaService } from '../../../../services/port.ts'
import { brokersDieConformance } from '../../../conformance/log-brokers-die.ts'
import { killedKafkaVersions, missing, START_MS_MAX } from '../../../services/here.ts'

const NODES = 3

for (const version of killedKafkaVersions) {
  const noKafka = await missing('kafka', version)

  describe.skipIf(noKafka !== undefined)(
    `on a cluster of Kafka ${version} whose brokers die ${noKafka ?? ''}`,
    () => {
      let kafka: KafkaService

      beforeAll(async () => {
        kafka = await realServices.kafka({ nodes: NODES, version })
      }, START_MS_MAX)
      afterAll(() => kafka.stop())

      brokersDieConformance(() => kafka)
    },
  )
}
