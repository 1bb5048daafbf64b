import type { Codec, Topic } from './topic.ts'

/** Where the schemas of inputs come from, for tasks whose topics are written by others under a registry's ids. */
export interface InputSchemas {
  /** By what a topic's records are read. */
  codecOf<Value>(topic: Topic<Value>): Codec<Value>
  /**
   * Fetches a schema that a codec did not know, so that it does from then on. Answers whether there is one; throws
   * when that cannot be told now.
   */
  load(schemaId: number): Promise<boolean>
}
