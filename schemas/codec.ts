import type { Resolver, Type } from 'avsc'
import { avroType, BrokenBytes } from './avro.ts'
import type { SchemaSource } from './registry/source.ts'
import { ContractError } from './rules.ts'

/** Confluent's frame: a zero byte, then the schema id as an unsigned 32-bit integer, big endian. */
export const FRAME_HEADER_BYTES = 5
const MAGIC = 0

/** The schema id of a frame that begins at `start`. */
export const schemaIdOf = (buffer: Buffer, start: number): number => buffer.readUInt32BE(start + 1)

/** Frames and Avro of one contract; holds what is derived from schemas, and no record. */
export class ContractCodec<Value> {
  private readonly topic: string
  private readonly reader: Type
  private readonly schemaId: number
  private readonly source: SchemaSource
  private readonly check: (value: Value) => void
  /** How to read other writers' schemas, by id; as many as the source has, and no more. */
  private readonly resolvers = new Map<number, Resolver>()

  constructor(
    topic: string,
    reader: Type,
    schemaId: number,
    source: SchemaSource,
    check: (value: Value) => void,
  ) {
    this.topic = topic
    this.reader = reader
    this.schemaId = schemaId
    this.source = source
    this.check = check
  }

  encodeInto(value: Value, buffer: Buffer, position: number): number {
    const body = position + FRAME_HEADER_BYTES
    if (body <= buffer.length) {
      buffer[position] = MAGIC
      buffer.writeUInt32BE(this.schemaId, position + 1)
    }
    try {
      return this.reader.encode(value, buffer, body)
    } catch (error) {
      this.check(value)
      throw new ContractError('WRONG_TYPE', this.topic, null, messageOf(error))
    }
  }

  decode(buffer: Buffer, start: number, end: number): Value {
    if (end - start < FRAME_HEADER_BYTES || buffer[start] !== MAGIC) {
      throw new ContractError('FRAME_BROKEN', this.topic, null, '')
    }
    const schemaId = schemaIdOf(buffer, start)
    const resolver = schemaId === this.schemaId ? undefined : this.resolver(schemaId)
    const value = this.read(buffer, start + FRAME_HEADER_BYTES, end, resolver)
    this.check(value)
    return value
  }

  private read(buffer: Buffer, start: number, end: number, resolver: Resolver | undefined): Value {
    let read: { value: unknown; offset: number } | undefined
    let failure: unknown
    try {
      read = this.reader.decode(buffer, start, resolver)
    } catch (error) {
      failure = error
    }
    if (read !== undefined && read.offset === end) return read.value as Value
    // What follows in the buffer is another record: what is wrong with this one must not depend on it.
    if (buffer.length > end) return this.read(buffer.subarray(0, end), start, end, resolver)
    if (read === undefined) throw new ContractError('BYTES_BROKEN', this.topic, null, messageOf(failure))
    if (read.offset < 0) throw new ContractError('BYTES_BROKEN', this.topic, null, 'They end early')
    throw new ContractError('BYTES_TRAILING', this.topic, null, `${end - read.offset} are left`)
  }

  private resolver(schemaId: number): Resolver {
    const known = this.resolvers.get(schemaId)
    if (known !== undefined) return known
    const schema = this.source.find(schemaId)
    if (schema === undefined) {
      throw new ContractError('SCHEMA_UNKNOWN', this.topic, null, `The id is ${schemaId}`)
    }
    try {
      const made = this.reader.createResolver(avroType(schema))
      this.resolvers.set(schemaId, made)
      return made
    } catch (error) {
      throw new ContractError(
        'SCHEMA_INCOMPATIBLE',
        this.topic,
        null,
        `Schema ${schemaId}: ${messageOf(error)}`,
      )
    }
  }
}

/** avsc's words for what is wrong, shortened: they may quote the value. */
const MESSAGE_CHARACTERS_MAX = 200

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'The reader failed'
  const said = error instanceof BrokenBytes ? error.message : `The reader says: ${error.message}`
  return said.slice(0, MESSAGE_CHARACTERS_MAX).toWellFormed()
}
