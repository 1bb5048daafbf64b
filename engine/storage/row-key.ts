/** Row keys hold numbers big endian, so that RocksDB's byte order is their order. */
const TWO_32 = 0x1_0000_0000

/** Writes an integer below 2^53 as 8 bytes. */
export const writeU64 = (key: Buffer, value: number, at: number): number => {
  key.writeUInt32BE(Math.floor(value / TWO_32), at)
  return key.writeUInt32BE(value % TWO_32, at + 4)
}

export const readU64 = (key: Buffer, at: number): number =>
  key.readUInt32BE(at) * TWO_32 + key.readUInt32BE(at + 4)

/** The first key after all that begin with `prefix`; undefined when there is none (all bytes are 255). */
export const afterPrefix = (prefix: Uint8Array): Buffer | undefined => {
  let end = prefix.length
  while (end > 0 && prefix[end - 1] === 0xff) end--
  if (end === 0) return undefined
  const next = Buffer.from(prefix.subarray(0, end))
  next[end - 1]!++
  return next
}
