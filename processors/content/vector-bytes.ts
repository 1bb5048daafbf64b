import type { ByteReader, ByteWriter } from '../../engine/bytes.ts'
import { CONTENT_DIMENSIONS } from './direction.ts'

/** A content vector as it lies in rows and records: its signed bytes. */
export const writeVector = ({ buffer, byteOffset, byteLength }: Int8Array, writer: ByteWriter): void => {
  writer.bytes(Buffer.from(buffer, byteOffset, byteLength))
}

/** A copy of its own. */
export const readVector = (reader: ByteReader): Int8Array => new Int8Array(reader.bytes(CONTENT_DIMENSIONS))
