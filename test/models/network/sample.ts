import type { Random } from '../../../engine/driver/random.ts'
import { contentWidth, embeddingWidth, type NetworkDefinition } from '../../../models/network/definition.ts'
import { parameterSlots } from '../../../models/network/parameters.ts'
import { RowLayout } from '../../../models/row/row-layout.ts'
import { age, linear, log, type RowColumn, type Transform } from '../../../models/row/transform.ts'

const TRANSFORMS: readonly Transform[] = [linear, log(), log(0.05, 10), log(1_000), age(1_000, 50)]

/** A network of any shape that definitions may have. */
export const sampleNetwork = (random: Random): NetworkDefinition => {
  const columns = Array.from({ length: 1 + random.below(12) }, (_, index): RowColumn => ({
    name: `c${index}`,
    unit: 'x',
    about: 'Tests.',
    transform: random.pick(TRANSFORMS),
  }))
  const layers = (): number[] => Array.from({ length: 1 + random.below(3) }, () => 1 + random.below(5))
  const summable = columns.filter(({ transform }) => transform.kind === 'log').map(({ name }) => name)
  const sums = Array.from({ length: summable.length === 0 ? 0 : random.below(3) }, (_, index) => ({
    name: `s${index}`,
    terms: Object.fromEntries(
      summable.filter(() => random.chance(0.6)).map((name) => [name, 0.1 + random.next()]),
    ),
    transform: log(1 + random.next(), 1e6),
  }))
  const heads = Array.from({ length: 1 + random.below(4) }, (_, index) => ({
    name: `h${index}`,
    output: random.pick(['probability', 'seconds', 'score'] as const),
  }))
  const definition = {
    name: 'sample',
    row: new RowLayout('sample', columns),
    sums,
    heads,
    ...(random.chance(0.5) && {
      embeddings: {
        entities: ['a', 'b', 'c'].slice(random.below(2)),
        dimensions: 1 + random.below(4),
        ...(random.chance(0.5) && { contents: { dimensions: 1 + random.below(5) } }),
      },
    }),
  }
  if (random.chance(0.2)) return definition
  return {
    ...definition,
    deep: { experts: { count: 1 + random.below(4), layers: layers() }, towers: { layers: layers() } },
  }
}

/** Every parameter random, zeros of the start included. */
export const sampleParameters = (definition: NetworkDefinition, random: Random): Map<string, Float32Array> =>
  new Map(
    parameterSlots(definition).map(({ name, shape }) => [
      name,
      new Float32Array(shape.reduce((size, length) => size * length, 1)).map(() => random.next() - 0.5),
    ]),
  )

/** Values as rows hold them, the odd and the broken included: never, far too large, below zero. */
export const sampleRows = (rows: number, width: number, random: Random): Float32Array =>
  new Float32Array(rows * width).map(() => {
    if (random.chance(0.2)) return 0
    if (random.chance(0.1)) return random.pick([-1, -3, 1e-7, 3e9, 3e38, -3e38])
    return random.next() * random.pick([1, 30, 1e5])
  })

/** Vectors side by side for rows of a network, none where it reads none. */
export const sampleVectors = (
  { embeddings }: NetworkDefinition,
  rows: number,
  random: Random,
): Float32Array | undefined =>
  embeddings && new Float32Array(rows * embeddingWidth(embeddings)).map(() => random.next() - 0.5)

/** Contents for rows of a network, none where it reads none. */
export const sampleContents = (
  { embeddings }: NetworkDefinition,
  rows: number,
  random: Random,
): Float32Array | undefined =>
  embeddings?.contents &&
  new Float32Array(rows * contentWidth(embeddings.contents)).map(() => random.next() - 0.5)
