import { KafkaLog } from '../../engine/log/kafka.ts'
import { everything } from '../../topologies/index.ts'
import { kafkaOptionsOf } from '../config/services.ts'
import type { Settings } from '../config/schema.ts'
import { openSchemas } from '../remote/registry.ts'
import { LetterBox } from './letters.ts'
import type { LetterInspection } from './inspection.ts'

/** Dead letters as they lie on Kafka: no worker or serving process need run. */
export const inspectingKafka = async <Result>(
  settings: Settings,
  look: (inspection: LetterInspection) => Promise<Result>,
): Promise<Result> => {
  const schemas = await openSchemas(settings)
  const log = await KafkaLog.open(await kafkaOptionsOf(settings))
  try {
    const box = new LetterBox(log, everything, { isDense: false, schemas: schemas.inputs })
    return await look({
      letters: (topic, limit) => box.list(topic, limit),
      letter: (id) => box.show(id),
      replay: (id) => box.replay(id),
    })
  } finally {
    await log.close()
  }
}
