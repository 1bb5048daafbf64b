import { KEY_SEPARATOR } from './key.ts'

/**
 * Kafka's default partitioner: murmur2 with seed 0x9747b28c, masked to a positive number. The embedded log
 * uses it too, so a key lies on the same partition in one process and on Kafka.
 * Source: org.apache.kafka.common.utils.Utils.murmur2 and the 2008 MurmurHash2 by Austin Appleby.
 */
export const murmur2 = (bytes: Uint8Array, start: number, end: number): number => {
  const length = end - start
  const multiplier = 0x5bd1e995
  let hash = 0x9747b28c ^ length
  let at = start
  for (; end - at >= 4; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    word = Math.imul(word, multiplier)
    word ^= word >>> 24
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier)
  }
  const rest = end - at
  if (rest >= 3) hash ^= bytes[at + 2]! << 16
  if (rest >= 2) hash ^= bytes[at + 1]! << 8
  if (rest >= 1) hash = Math.imul(hash ^ bytes[at]!, multiplier)
  hash ^= hash >>> 13
  hash = Math.imul(hash, multiplier)
  return hash ^ (hash >>> 15)
}

/** Partition of a key: that of its first id, so that all keys of one user lie together. */
export const partitionOf = (key: Uint8Array, start: number, end: number, partitions: number): number => {
  if (partitions === 1) return 0
  let firstEnd = start
  while (firstEnd < end && key[firstEnd] !== KEY_SEPARATOR) firstEnd++
  return (murmur2(key, start, firstEnd) & 0x7fffffff) % partitions
}

/** 32-bit FNV-1a with a final mix (murmur3's), for the hash tables in memory. */
export const hashKey = (bytes: Uint8Array, start: number, end: number): number => {
  let hash = 0x811c9dc5
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
