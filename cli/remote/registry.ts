import { contractCodec } from '../../engine/contract-topic.ts'
import type { InputSchemas } from '../../engine/input-schemas.ts'
import type { Codec } from '../../engine/topic.ts'
import { registeredSchemas } from '../../processors/registered-schemas.ts'
import type { Contract } from '../../schemas/contract.ts'
import { publicContracts } from '../../schemas/index.ts'
import { RemoteSchemas } from '../../schemas/registry/remote.ts'
import type { SchemaSource } from '../../schemas/registry/source.ts'
import { registryOptionsOf } from '../config/services.ts'
import type { Settings } from '../config/schema.ts'
import { ownCodecs, type PublishedCodecs } from '../runtime/publisher.ts'

/** By what public topics are read and written. */
export interface Schemas {
  /** Undefined without a registry: then records are read by the ids of this code's own schemas. */
  readonly inputs: InputSchemas | undefined
  readonly codecs: PublishedCodecs
}

/**
 * Registers the contracts' schemas, after a look whether they and what is registered can read each other. Throws a
 * `RegistryError`: `SCHEMA_REFUSED` names every field that is wrong.
 */
export const openSchemas = async (settings: Settings): Promise<Schemas> => {
  const options = await registryOptionsOf(settings)
  if (options === null) return { inputs: undefined, codecs: ownCodecs }
  const source = await RemoteSchemas.open(options, Object.values(publicContracts), settings.kafka.prefix)
  return { inputs: registeredSchemas(source), codecs: registeredCodecs(source) }
}

const registeredCodecs = (source: SchemaSource): PublishedCodecs => {
  const codecs = new Map<string, unknown>()
  return <Value>(contract: Contract<Value>): Codec<Value> => {
    let codec = codecs.get(contract.topic)
    if (codec === undefined) {
      codec = contractCodec(contract.visibility === 'public' ? contract.over(source) : contract)
      codecs.set(contract.topic, codec)
    }
    // A topic has one contract, and so its codec is of that contract's values.
    return codec as Codec<Value>
  }
}
