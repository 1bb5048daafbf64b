import type { Json } from '../declare/kind.ts'

/**
 * Where schema ids come from and what they stand for. Lookups are synchronous, for decoding is; an adapter over
 * a remote registry answers from what it has fetched, and fetches on `load`.
 */
export interface SchemaSource {
  /** The id under which the schema of a topic's version is written. */
  idOf(topic: string, version: number): number
  /** The schema that an id stands for; undefined when it is not known (yet). */
  find(schemaId: number): Json | undefined
  /** Makes `find` know the id, if the registry does; a reader calls it for a `SCHEMA_UNKNOWN` and retries. */
  load(schemaId: number): Promise<boolean>
}

/** Versions of a contract are numbered 1 to 99, so that an id shows its contract and version. */
export const VERSIONS_MAX = 99

/** The embedded registry of one contract: ids are `ordinal × 100 + version`, fixed for ever. */
export const embeddedSchemas = (topic: string, ordinal: number, schemas: readonly Json[]): SchemaSource => {
  const byId = new Map(schemas.map((schema, index) => [ordinal * 100 + index + 1, schema]))
  return {
    idOf: (askedTopic, version) => {
      const schemaId = ordinal * 100 + version
      if (askedTopic !== topic || !byId.has(schemaId))
        throw new Error(`no schema of ${askedTopic} v${version}`)
      return schemaId
    },
    find: (schemaId) => byId.get(schemaId),
    load: async (schemaId) => byId.has(schemaId),
  }
}
