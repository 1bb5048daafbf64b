import { contractCodec } from '../engine/contract-topic.ts'
import type { InputSchemas } from '../engine/input-schemas.ts'
import type { Codec, Topic } from '../engine/topic.ts'
import type { Contract } from '../schemas/contract.ts'
import { publicContracts } from '../schemas/index.ts'
import type { SchemaSource } from '../schemas/registry/source.ts'

/**
 * Reads public topics by the ids of a registry, for apps publish them with its serializers. Internal topics are
 * written and read by this code alone, and keep the ids of its own schemas. Such an id may be another schema's in the
 * registry, so of these topics none is ever looked up there.
 */
export const registeredSchemas = (source: SchemaSource): InputSchemas => {
  const contracts = Object.values(publicContracts) as unknown as readonly Contract<unknown>[]
  const codecs = new Map(
    contracts.map((contract) => [contract.topic, contractCodec(contract.over(source))] as const),
  )
  return {
    codecOf: <Value>(topic: Topic<Value>) =>
      topic.visibility === 'public' ? ((codecs.get(topic.name) ?? topic.codec) as Codec<Value>) : topic.codec,
    load: (schemaId) => source.load(schemaId),
  }
}
