import type { Json } from '../../schemas/declare/kind.ts'
import { publicContracts } from '../../schemas/index.ts'

/**
 * One envelope, of any public contract, for the OpenAPI document. It does not tell of arrays, whose items are
 * accepted or refused one by one: JSON Schema knows a whole that holds or does not.
 */
export const envelopeSchema = (): Json => ({
  oneOf: Object.values(publicContracts).map(({ topic, about, record }) => ({
    type: 'object',
    title: topic,
    description: about,
    additionalProperties: false,
    required: ['topic', 'value'],
    properties: { topic: { type: 'string', const: topic }, value: record.jsonSchema() },
  })),
})
