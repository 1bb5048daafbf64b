import { isUtf8 } from 'node:buffer'
import avsc from 'avsc'
import type { ForSchemaOptions, Schema, Type } from 'avsc'
import type { Json } from './declare/kind.ts'

/**
 * avsc trusts the counts it reads: five bytes can ask it for 2^50 items, and a negative block size sends it
 * back over the same bytes for ever. It also turns broken UTF-8 into U+FFFD. These types read the same bytes,
 * but within the buffer, and refuse what is broken.
 */
interface Tap {
  readonly buf: SlicedBuffer
  pos: number
  readLong(): number
}

/** Node's own slices to text, quicker than `toString` with an encoding's name. */
interface SlicedBuffer extends Buffer {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
}

/** What avsc's types have but do not declare. */
interface Reading {
  _read(tap: Tap): unknown
}

/** The bytes are not a value of the schema. */
export class BrokenBytes extends Error {}

const readLength = (tap: Tap): number => {
  const length = tap.readLong()
  if (length < 0 || length > tap.buf.length - tap.pos) {
    throw new BrokenBytes(`A length of ${length} reaches beyond the record's end`)
  }
  return length
}

/** Items of a block; 0 ends the list or map. A negative count is followed by the block's size, not needed here. */
const readCount = (tap: Tap): number => {
  let count = tap.readLong()
  if (count < 0) {
    count = -count
    tap.readLong()
  }
  if (count > tap.buf.length - tap.pos) {
    throw new BrokenBytes(`A count of ${count} reaches beyond the record's end`)
  }
  return count
}

/** Up to this many bytes it is quicker to look for non-ASCII here than to ask the decoder. */
const ASCII_SCAN_BYTES_MAX = 64

const isShortAscii = (buffer: Buffer, start: number, end: number): boolean => {
  if (end - start > ASCII_SCAN_BYTES_MAX) return false
  for (let at = start; at < end; at++) {
    if (buffer[at]! > 0x7f) return false
  }
  return true
}

const readText = (tap: Tap): string => {
  const length = readLength(tap)
  const start = tap.pos
  const end = start + length
  tap.pos = end
  if (isShortAscii(tap.buf, start, end)) return tap.buf.latin1Slice(start, end)
  const text = tap.buf.utf8Slice(start, end)
  if (text.includes('\ufffd') && !isUtf8(tap.buf.subarray(start, end))) {
    throw new BrokenBytes('Text is not UTF-8')
  }
  return text
}

class StrictString extends avsc.types.StringType {
  _read(tap: Tap): string {
    return readText(tap)
  }
}

class BoundedBytes extends avsc.types.BytesType {
  _read(tap: Tap): Buffer {
    const length = readLength(tap)
    const start = tap.pos
    tap.pos = start + length
    return Buffer.from(tap.buf.subarray(start, start + length))
  }
}

class BoundedArray extends avsc.types.ArrayType {
  _read(tap: Tap): unknown[] {
    const item = this.itemsType as unknown as Reading
    const items: unknown[] = []
    for (let count = readCount(tap); count > 0; count = readCount(tap)) {
      for (let index = 0; index < count; index++) items.push(item._read(tap))
    }
    return items
  }

  _skip(tap: Tap): void {
    this._read(tap)
  }
}

class BoundedMap extends avsc.types.MapType {
  _read(tap: Tap): Record<string, unknown> {
    const value = this.valuesType as Reading
    const entries: Record<string, unknown> = {}
    for (let count = readCount(tap); count > 0; count = readCount(tap)) {
      for (let index = 0; index < count; index++) {
        const key = readText(tap)
        if (key === '__proto__') throw new BrokenBytes('A map key is the reserved name "__proto__"')
        entries[key] = value._read(tap)
      }
    }
    return entries
  }

  _skip(tap: Tap): void {
    this._read(tap)
  }
}

const typeOf = (schema: Schema): unknown =>
  typeof schema === 'object' && 'type' in schema ? (schema as { type: unknown }).type : schema

const bounded = (schema: Schema, options: ForSchemaOptions): Type | undefined => {
  switch (typeOf(schema)) {
    case 'string':
      return new StrictString()
    case 'bytes':
      return new BoundedBytes()
    case 'array':
      return new BoundedArray(schema, options)
    case 'map':
      return new BoundedMap(schema, options)
    default:
      return undefined
  }
}

/** An Avro type that reads untrusted bytes safely; unions hold plain values. */
export const avroType = (schema: Json): Type =>
  avsc.Type.forSchema(schema as Schema, { wrapUnions: 'never', omitRecordMethods: true, typeHook: bounded })
