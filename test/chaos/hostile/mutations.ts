import type { Random } from '../../../engine/driver/random.ts'
import { BROKEN_UTF8, LEAVES, STRANGE_NAMES } from './leaves.ts'
import { textOf, withField, type Example } from './examples.ts'
import { PUBLIC_TOPICS } from './contract-table.ts'

type Mutation = (bytes: Buffer, random: Random) => Buffer

const splice = (bytes: Buffer, at: number, removed: number, put: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + removed)])

/** JSON's own characters, digits, and bytes that mean something somewhere. */
const TELLING = Buffer.from('{}[]",:\\/-+.eE0123456789 \t\r\n\0ntfu\x7f#_$')

const telling = (random: Random): number =>
  random.chance(0.7) ? TELLING[random.below(TELLING.length)]! : random.below(256)

const BYTE_MUTATIONS: readonly Mutation[] = [
  (bytes, random) => splice(bytes, random.below(bytes.length), 1, Buffer.from([telling(random)])),
  (bytes, random) => splice(bytes, random.below(bytes.length), 0, Buffer.from([telling(random)])),
  (bytes, random) => splice(bytes, random.below(bytes.length), 1 + random.below(8), Buffer.alloc(0)),
  (bytes, random) => {
    const at = random.below(bytes.length)
    return splice(bytes, at, 1, Buffer.from([bytes[at]! ^ (1 << random.below(8))]))
  },
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, random) => {
    const from = random.below(bytes.length)
    return splice(bytes, random.below(bytes.length), 0, bytes.subarray(from, from + random.below(40)))
  },
  (bytes, random) => splice(bytes, random.below(bytes.length), 0, random.pick(BROKEN_UTF8)),
]

const BYTE_MUTATIONS_MAX = 3

/** An event with a few bytes of it changed. */
const mutatedBytes = (example: Example, random: Random): Buffer => {
  let bytes: Buffer = Buffer.from(textOf(example))
  const count = 1 + random.below(BYTE_MUTATIONS_MAX)
  for (let index = 0; index < count && bytes.length > 0; index++)
    bytes = random.pick(BYTE_MUTATIONS)(bytes, random)
  return bytes
}

/** An event with fields swapped, set to anything, taken out, put in, or sent to another topic. */
const mutatedFields = (example: Example, random: Random): Buffer => {
  const names = [...example.fields.keys()]
  const name = random.pick(names)
  switch (random.below(5)) {
    case 0:
      return Buffer.from(textOf(withField(example, name, undefined)))
    case 1:
      return Buffer.from(textOf(withField(example, random.pick(STRANGE_NAMES), random.pick(LEAVES))))
    case 2:
      return Buffer.from(textOf({ ...example, topic: random.pick(PUBLIC_TOPICS) }))
    case 3:
      return Buffer.from(textOf(withField(example, name, example.fields.get(random.pick(names)))))
    default:
      return Buffer.from(textOf(withField(example, name, random.pick(LEAVES))))
  }
}

/** A good event, changed at random: it may still be right, which `verdictOf` tells. */
export const mutated = (example: Example, random: Random): Buffer =>
  random.chance(0.5) ? mutatedBytes(example, random) : mutatedFields(example, random)
