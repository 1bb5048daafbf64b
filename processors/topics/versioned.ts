import { ByteReader, type ByteWriter } from '../../engine/bytes.ts'
import { EngineError } from '../../engine/errors.ts'
import type { Codec } from '../../engine/topic.ts'

/** How values lie in an internal topic's records, behind the byte that names the layout. */
export interface Layout<Value> {
  encode(value: Value, writer: ByteWriter): void
  decode(reader: ByteReader): Value
}

/**
 * The first byte of a layout's records: its version, 1 to 127, beside the highest bit. Records of before there were
 * versions begin with an id's length, of at most 64 bytes, so that they too are refused and not misread.
 */
const layoutByte = (version: number): number => 0x80 | version

export const writeLayoutVersion = (version: number, writer: ByteWriter): void =>
  writer.u8(layoutByte(version))

/** Throws `DECODE_FAILED` for a record of another layout than those from `oldest` to `version`. */
export const readLayoutVersion = (
  topic: string,
  version: number,
  reader: ByteReader,
  oldest = version,
): void => {
  const found = reader.u8()
  if (found >= layoutByte(oldest) && found <= layoutByte(version)) return
  const detail = `a record of ${topic} begins with ${found}, where layout ${version} begins with ${layoutByte(version)}: deploy the version that wrote it until none is left`
  throw new EngineError('DECODE_FAILED', detail)
}

/**
 * A codec whose records say how they are laid out. Raise the version when the layout changes; `oldest` is the first of
 * those before it that `decode` reads too, for their records may still lie in the log.
 */
export const versionedCodec = <Value>(
  topic: string,
  version: number,
  layout: Layout<Value>,
  oldest = version,
): Codec<Value> => {
  const reader = new ByteReader()
  return {
    encode(value, writer) {
      writeLayoutVersion(version, writer)
      layout.encode(value, writer)
    },
    decode(buffer, start, end) {
      reader.over(buffer, start, end)
      readLayoutVersion(topic, version, reader, oldest)
      return layout.decode(reader)
    },
  }
}
