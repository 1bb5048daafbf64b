import avsc, { type Schema } from 'avsc'
import { publicContracts, type PublicTopic } from '../../../schemas/index.ts'
import type { Contract } from '../../../schemas/contract.ts'

/** Avro by hand: a record is a run of encoded fields, so that each can be swapped for any bytes. */
interface AvroField {
  readonly name: string
  readonly type: AvroSchema
}
type AvroSchema =
  | string
  | readonly AvroSchema[]
  | {
      readonly type: string
      readonly symbols?: readonly string[]
      readonly items?: AvroSchema
      readonly values?: AvroSchema
      readonly fields?: readonly AvroField[]
    }

/** A record on the wire: its schema id and its fields' bytes, in order. */
export interface WireRecord {
  readonly schemaId: number
  readonly fields: ReadonlyMap<string, Buffer>
}

const MAGIC = 0

/** Confluent's frame around the fields' bytes. */
export const wireBytes = ({ schemaId, fields }: WireRecord): Buffer => {
  const header = Buffer.alloc(5, MAGIC)
  header.writeUInt32BE(schemaId, 1)
  return Buffer.concat([header, ...fields.values()])
}

const contractOf = (topic: string): Contract<unknown> =>
  publicContracts[topic as PublicTopic] as unknown as Contract<unknown>

const schemaFields = (topic: string): readonly AvroField[] =>
  (contractOf(topic).schema as unknown as { readonly fields: readonly AvroField[] }).fields

/** The record that a JSON value of the topic's contract becomes. */
export const wireRecord = (topic: string, json: unknown): WireRecord => {
  const contract = contractOf(topic)
  const value = contract.fromJson(json) as Readonly<Record<string, unknown>>
  const fields = new Map(
    schemaFields(topic).map(({ name, type }) => {
      const field = avsc.Type.forSchema(type as Schema, { wrapUnions: 'never' })
      return [name, field.toBuffer(value[name])] as const
    }),
  )
  return { schemaId: contract.schemaId, fields }
}

/** Avro's variable-length integer. */
export const varint = (value: bigint | number): Buffer => {
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
  const bytes: number[] = []
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}

const sized = (bytes: Uint8Array): Buffer => Buffer.concat([varint(bytes.length), bytes])
const text = (value: string): Buffer => sized(Buffer.from(value))

const double = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes
}

const float = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}

const LONG_MAX = 2n ** 63n - 1n
/** Counts and lengths that reach beyond any record, or backwards. */
const GIANTS = [
  varint(2n ** 31n),
  varint(2n ** 50n),
  varint(LONG_MAX),
  varint(-LONG_MAX - 1n),
  Buffer.alloc(12, 0xff),
]

/** Wrong in any string: longer than any may be, not UTF-8, a length that reaches beyond the record. */
const BAD_STRINGS = [
  ...['x'.repeat(10_001), '€'.repeat(10_001)].map(text),
  ...[[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]].map((bytes) => sized(Buffer.from(bytes))),
  varint(-1),
  ...GIANTS,
]

/** Wrong in every string but free text. */
const BAD_IDS = ['', 'a\u0000b', '\u0000', '\u001f', '\u007f', '\u0085', 'x'.repeat(65), '€'.repeat(22)].map(
  text,
)

/** Not of the form that the field asks for; Avro, unlike JSON, must hold it normalised. */
const BAD_FORMS: Readonly<Record<string, readonly string[]>> = {
  hashtags: ['#tag', 'Tag', 'e\u0301'],
  country: ['gr', 'GRC', 'G1', 'ıa'],
  language: ['EN', 'e', 'en_us', 'en-', 'K'],
}

const badStringsOf = (field: string): readonly Buffer[] =>
  field === 'text' ? BAD_STRINGS : [...BAD_STRINGS, ...BAD_IDS, ...(BAD_FORMS[field] ?? []).map(text)]

/** Bytes that are wrong where the field's value should stand. */
export const badBytesOf = (field: string, schema: AvroSchema): readonly Buffer[] => {
  if (Array.isArray(schema)) {
    const branches = schema as readonly AvroSchema[]
    const wrongBranch = [varint(branches.length), varint(-1), ...GIANTS]
    const inner = branches.flatMap((branch, index) =>
      badBytesOf(field, branch).map((bytes) => Buffer.concat([varint(index), bytes])),
    )
    return [...wrongBranch, ...inner]
  }
  const { type, symbols, items, values } = schema as Exclude<AvroSchema, string | readonly AvroSchema[]>
  switch (type ?? schema) {
    case 'string':
      return badStringsOf(field)
    case 'enum':
      return [varint(-1), varint(symbols!.length), ...GIANTS]
    case 'double':
      return [NaN, Infinity, -Infinity, -1, 1e300].map(double)
    case 'int':
      return [varint(-5), varint(2n ** 31n), varint(2n ** 40n)]
    case 'array':
      return [...GIANTS, ...badItemsOf(field, items!)]
    case 'map':
      return [...GIANTS, ...badEntriesOf(field, values!)]
    default:
      return []
  }
}

const listOf = (count: number, item: Buffer): Buffer =>
  Buffer.concat([varint(count), ...Array.from({ length: count }, () => item), varint(0)])

const badItemsOf = (field: string, items: AvroSchema): readonly Buffer[] => {
  if (items === 'float')
    return [listOf(1_025, float(0)), ...[NaN, Infinity, -Infinity].map((each) => listOf(1, float(each)))]
  return [
    listOf(65, text('a')),
    listOf(2, text('')),
    ...badBytesOf(field, items).map((item) => listOf(1, item)),
  ]
}

const badEntriesOf = (field: string, values: AvroSchema): readonly Buffer[] => [
  listOf(1, Buffer.concat([text('__proto__'), double(0.5)])),
  listOf(1, Buffer.concat([text(''), double(0.5)])),
  ...badBytesOf(field, values).map((value) => listOf(1, Buffer.concat([text('spam'), value]))),
]

/** Every field of the topic with its type. */
export const typesOf = (topic: string): ReadonlyMap<string, AvroSchema> =>
  new Map(schemaFields(topic).map(({ name, type }) => [name, type]))
