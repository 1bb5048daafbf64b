import type { Contract } from './contract.ts'
import type { Json } from './declare/kind.ts'
import { contracts, publicContracts } from './index.ts'
import type { ContractTopic } from './index.ts'

/** What a contract says of itself, whatever its values. */
export type ContractInfo = Pick<
  Contract<never>,
  'topic' | 'about' | 'visibility' | 'version' | 'schemaId' | 'schema' | 'schemas' | 'keyAbout'
> & { readonly record: { readonly name: string; readonly about: string } & Documented }

interface Documented {
  readonly fields: readonly (readonly [name: string, field: DocumentedField])[]
  readonly rules: readonly { readonly rule: string; readonly field: string; readonly expects: string }[]
  jsonSchema(): Json
}

interface DocumentedField {
  readonly kind: { readonly allows: string }
  readonly about: string
  readonly absent?: () => unknown
  readonly avroDefault?: Json
}

export const allContracts: readonly ContractInfo[] = (Object.keys(contracts) as ContractTopic[]).map(
  (topic) => contracts[topic],
)

const isPublic = ({ topic }: ContractInfo): boolean => Object.hasOwn(publicContracts, topic)

const AVRO_FORMAT = 'application/vnd.apache.avro+json;version=1.9.0'
const JSON_FORMAT = 'application/schema+json;version=draft-07'

/** The contracts as AsyncAPI 3.0: Avro on the log's topics, JSON at the HTTP door. */
export const asyncApi = (): Json => ({
  asyncapi: '3.0.0',
  info: {
    title: 'Freshet',
    version: '1',
    description: 'Events that Freshet takes, and records that it writes. Generated from schemas/.',
  },
  defaultContentType: 'application/vnd.confluent.avro',
  channels: {
    ...Object.fromEntries(allContracts.map((contract) => [contract.topic, topicChannel(contract)])),
    events: {
      address: '/v1/events',
      description: 'The HTTP door: one JSON object a line.',
      messages: Object.fromEntries(
        allContracts.filter(isPublic).map((one) => [one.record.name, lineMessage(one)]),
      ),
    },
  },
  operations: {
    ...Object.fromEntries(
      allContracts.map((contract) => [
        `${isPublic(contract) ? 'take' : 'write'}-${contract.topic}`,
        {
          action: isPublic(contract) ? 'receive' : 'send',
          channel: { $ref: `#/channels/${contract.topic}` },
          summary: contract.about,
        },
      ]),
    ),
    'take-events': {
      action: 'receive',
      channel: { $ref: '#/channels/events' },
      summary: 'Public events as JSON.',
    },
  },
})

const topicChannel = (contract: ContractInfo): Json => ({
  address: contract.topic,
  description: `${contract.about} Keyed by ${contract.keyAbout}.`,
  messages: {
    [contract.record.name]: {
      title: contract.record.about,
      contentType: 'application/vnd.confluent.avro',
      payload: { schemaFormat: AVRO_FORMAT, schema: contract.schema },
    },
  },
})

const lineMessage = (contract: ContractInfo): Json => ({
  title: contract.record.about,
  contentType: 'application/json',
  payload: {
    schemaFormat: JSON_FORMAT,
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['topic', 'value'],
      properties: { topic: { const: contract.topic }, value: contract.record.jsonSchema() },
    },
  },
})
