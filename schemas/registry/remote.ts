import { compare } from '../compatibility.ts'
import type { Json } from '../declare/kind.ts'
import { RegistryClient, type RegistryOptions } from './client.ts'
import { isRefused, RegistryError } from './errors.ts'
import type { SchemaSource } from './source.ts'

/** What a registry is told of a contract. */
export interface RegisteredContract {
  readonly topic: string
  /** Of all versions, oldest first. */
  readonly schemas: readonly Json[]
}

/**
 * Schema ids of a registry. Opening registers what is missing, after a look at what is there, and has the registry
 * refuse what others of the subject cannot read from then on: whoever reads or writes a topic, with whichever
 * version, must be able to go on.
 */
export class RemoteSchemas implements SchemaSource {
  private readonly client: RegistryClient
  private readonly topicPrefix: string
  private readonly ids = new Map<string, readonly number[]>()
  private readonly schemas = new Map<number, Json>()

  private constructor(client: RegistryClient, topicPrefix: string) {
    this.client = client
    this.topicPrefix = topicPrefix
  }

  /**
   * `topicPrefix` begins the names that topics have on the brokers, as other clients know them. Throws a `RegistryError`: `SCHEMA_REFUSED` says of every field what is wrong with it, and what to do.
   */
  static async open(
    options: RegistryOptions,
    contracts: readonly RegisteredContract[],
    topicPrefix = '',
  ): Promise<RemoteSchemas> {
    const remote = new RemoteSchemas(new RegistryClient(options), topicPrefix)
    for (const contract of contracts) await remote.register(contract)
    return remote
  }

  idOf(topic: string, version: number): number {
    const id = this.ids.get(topic)?.[version - 1]
    if (id === undefined) throw new Error(`no schema of ${topic} v${version}`)
    return id
  }

  find(schemaId: number): Json | undefined {
    return this.schemas.get(schemaId)
  }

  async load(schemaId: number): Promise<boolean> {
    if (this.schemas.has(schemaId)) return true
    const schema = await this.client.schema(schemaId)
    if (schema === undefined) return false
    this.schemas.set(schemaId, schema)
    return true
  }

  private async register({ topic, schemas }: RegisteredContract): Promise<void> {
    // Confluent's name for what a topic's values are.
    const subject = `${this.topicPrefix}${topic}-value`
    const registered = await this.client.versions(subject)
    const found: (number | undefined)[] = []
    for (const schema of schemas) {
      const id = registered.length === 0 ? undefined : await this.client.find(subject, schema)
      if (id === undefined) for (const other of registered) checkCompatible(subject, other, schema)
      found.push(id)
    }
    // Also of a subject that a publisher made: only now, for one that is refused is somebody else's.
    await this.client.protect(subject)
    const ids: number[] = []
    for (const [index, schema] of schemas.entries()) {
      const id = found[index] ?? (await this.registered(subject, schema))
      ids.push(id)
      this.schemas.set(id, schema)
    }
    this.ids.set(topic, ids)
  }

  /** Of processes that begin together one registers a schema: the others may be refused for it, and find it then. */
  private async registered(subject: string, schema: Json): Promise<number> {
    try {
      return await this.client.register(subject, schema)
    } catch (error) {
      if (!isRefused(error)) throw error
      const id = await this.client.find(subject, schema)
      if (id === undefined) throw error
      return id
    }
  }
}

/** The registry would refuse it as well, less clearly; or take it, if someone has told it to check less. */
const checkCompatible = (subject: string, registered: Json, schema: Json): void => {
  const { backward, forward } = compare(registered, schema)
  const problems = [...new Set([...backward, ...forward])]
  if (problems.length > 0) throw new RegistryError('SCHEMA_REFUSED', `${subject}: ${problems.join('; ')}`)
}
