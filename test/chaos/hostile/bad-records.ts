import type { Random } from '../../../engine/driver/random.ts'
import { TIME_MAX, TIME_MIN } from './contract-table.ts'
import { badBytesOf, typesOf, varint, wireBytes, type WireRecord } from './avro-bytes.ts'

const HOUR_MS = 3_600_000

/** Records of a topic that no reader may take, made by hand from a good one. */
export const handMadeRecords = (topic: string, good: WireRecord, nowMs: number): readonly Buffer[] => {
  const bytes = wireBytes(good)
  return [
    ...badFrames(bytes, good),
    ...[...typesOf(topic)].flatMap(([name, type]) =>
      badBytesOf(name, type).map((bad) => swapped(good, name, bad)),
    ),
    ...badTimes(nowMs).map((at) => swapped(good, 'at', varint(at))),
  ]
}

const swapped = ({ schemaId, fields }: WireRecord, name: string, bytes: Buffer): Buffer =>
  wireBytes({ schemaId, fields: new Map(fields).set(name, bytes) })

/** Of no contract that apps publish. */
const SCHEMA_IDS = [0, 1, 100, 102, 999, 1_101, 0x7fff_ffff, 0xffff_ffff]

/** Cut off, continued, with another header. */
const badFrames = (bytes: Buffer, good: WireRecord): readonly Buffer[] => [
  ...Array.from({ length: bytes.length }, (_, length) => bytes.subarray(0, length)),
  ...[1, 8, 100_000].map((more) => Buffer.concat([bytes, Buffer.alloc(more)])),
  Buffer.concat([bytes, bytes]),
  ...[1, 0x7b, 0xff].map((magic) => Buffer.concat([Buffer.from([magic]), bytes.subarray(1)])),
  ...SCHEMA_IDS.concat(good.schemaId + 1, good.schemaId + 100).map((schemaId) =>
    wireBytes({ ...good, schemaId }),
  ),
  Buffer.from('{"eventId":"json"}'),
  Buffer.alloc(1 << 20, 0xff),
]

/** Outside the range, too far ahead, in seconds, in microseconds, beyond what a double holds exactly. */
const badTimes = (nowMs: number): readonly bigint[] =>
  [0, -1, TIME_MIN - 1, TIME_MAX + 1, TIME_MAX, nowMs + HOUR_MS, Math.floor(nowMs / 1_000), nowMs * 1_000]
    .map(BigInt)
    .concat(2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n))

/** A good record with bytes changed: it may still be right. */
export const mutatedRecord = (good: WireRecord, random: Random): Buffer => {
  const bytes = Buffer.from(wireBytes(good))
  for (let count = 1 + random.below(3); count > 0; count--) {
    const at = random.below(bytes.length)
    bytes[at] = random.chance(0.5) ? random.below(256) : bytes[at]! ^ (1 << random.below(8))
  }
  return random.chance(0.2) ? bytes.subarray(0, random.below(bytes.length)) : bytes
}
