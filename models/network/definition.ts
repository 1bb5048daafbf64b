import { ModelError } from '../errors.ts'
import type { Head } from '../heads.ts'
import type { RowLayout } from '../row/row-layout.ts'
import { type CurvedTransform, isCurved, type Transform } from '../row/transform.ts'

/**
 * A column that the network adds to the row: a weighted sum of columns, each in its transform's units, read
 * through a transform of its own. For what adds up before it flattens: ln(1 + a + b) is one affinity, where
 * ln(1 + a) + ln(1 + b) would count it twice.
 */
export interface SumColumn {
  readonly name: string
  /** Columns that are read by `log`, each in units of its `per`, with factors above 0. */
  readonly terms: Readonly<Record<string, number>>
  readonly transform: CurvedTransform
}

/** Sizes of the deep part; layers are lists of units, each layer a linear map and a ReLU. */
export interface DeepPart {
  /** Shared by all heads, which differ in how their gates mix them. */
  readonly experts: { readonly count: number; readonly layers: readonly number[] }
  /** One for each head, on its mixture; a last layer of one unit without a ReLU follows. */
  readonly towers: { readonly layers: readonly number[] }
}

/**
 * Vectors that stand for entities, such as authors. They are learned and kept outside the graph, in tables by
 * id, and given to it beside the row; both parts read them, and the dot products of the first with each other.
 * For taste is a product: a linear map of two vectors knows who is liked, not who is liked by whom.
 */
export interface EmbeddingPart {
  /** Names, in the order of their vectors; the first is who looks. */
  readonly entities: readonly string[]
  /** Of each vector. */
  readonly dimensions: number
  /** What the post is about and what who looks likes, where the network reads it. */
  readonly contents?: ContentPart
}

/**
 * Two directions that are given and not learned: what the post is about, and what who looks likes to read about. One
 * learned matrix each makes vectors of the entities' size of them. That of the taste is added to the vector of who
 * looks, so that somebody whom no vector was learned of has one too; that of the content stands beside the entities'.
 * Their dot product is that of two towers, with whatever else was learned of who looks.
 */
export interface ContentPart {
  /** Of each direction. */
  readonly dimensions: number
}

/**
 * A network, as data: the one definition that the serving graph and the training step are made from.
 *
 * logits = transformed row × wide weights + bias + normalised row × linear weights + towers(gated experts(normalised
 * row)): a wide part that can be set by hand and read, and a deep part that learns what it lacks ("Wide & Deep
 * Learning for Recommender Systems", Cheng et al., 2016; gates and experts as in "Modeling Task Relationships in
 * Multi-task Learning with Multi-gate Mixture-of-Experts", Ma et al., 2018). Where there is a deep part the wide
 * weights stay as they were given: columns are of very different size and go together, so that steps on them go
 * astray, and the linear weights learn the same from what is normalised.
 */
export interface NetworkDefinition {
  readonly name: string
  readonly row: RowLayout
  readonly sums: readonly SumColumn[]
  readonly heads: readonly Pick<Head, 'name' | 'output'>[]
  readonly deep?: DeepPart
  readonly embeddings?: EmbeddingPart
}

/** What is left of a network where there are no vectors: it answers as with vectors and contents of zeros. */
export const withoutEmbeddings = (definition: NetworkDefinition): NetworkDefinition => {
  const { embeddings: _, ...rest } = definition
  return rest
}

/** Vectors of entities side by side. */
export const embeddingWidth = ({ entities, dimensions }: EmbeddingPart): number =>
  entities.length * dimensions

/** Both directions side by side, that of the post first. */
export const contentWidth = ({ dimensions }: ContentPart): number => 2 * dimensions

/** What layers read beside the columns: all vectors, then the dot products of the first with each other. */
export const vectorsWidth = ({ entities, dimensions, contents }: EmbeddingPart): number => {
  const vectors = entities.length + (contents === undefined ? 0 : 1)
  return vectors * dimensions + vectors - 1
}

export const LAYERS_MAX = 8
export const UNITS_MAX = 4_096
export const EXPERTS_MAX = 64
export const ENTITIES_MAX = 16
export const DIMENSIONS_MAX = 256

/** A column as the network sees it, transformed. */
export interface InputColumn {
  readonly name: string
  readonly transform: Transform
}

/**
 * What the wide and the deep part read, in order: the row's columns that are read by log or age, the sums,
 * then the linear ones. Parameters line up with it.
 */
export const inputColumns = ({ row, sums }: NetworkDefinition): readonly InputColumn[] => [
  ...row.columns.filter((column) => isCurved(column.transform)),
  ...sums,
  ...row.columns.filter((column) => !isCurved(column.transform)),
]

/** Throws `NETWORK_INVALID`, naming what is wrong. */
export const checkDefinition = (definition: NetworkDefinition): void => {
  const { name, row, sums, heads, deep, embeddings } = definition
  const invalid = (detail: string): ModelError =>
    new ModelError('NETWORK_INVALID', `network ${name}: ${detail}`)
  if (heads.length === 0) throw invalid('has no heads')
  for (const sum of sums) {
    for (const [column, factor] of Object.entries(sum.terms)) {
      if (!row.has(column))
        throw invalid(`sum ${sum.name} is of ${column}, which row ${row.name} does not have`)
      const { kind } = row.columns[row.indexOf(column)]!.transform
      if (kind !== 'log') throw invalid(`sum ${sum.name} is of ${column}, which is not read by log`)
      if (!(factor > 0 && factor < Infinity)) throw invalid(`sum ${sum.name} takes ${column} times ${factor}`)
    }
  }
  const names = [...inputColumns(definition), ...heads].map((each) => each.name)
  const twice = names.find((each, index) => names.indexOf(each) !== index)
  if (twice !== undefined) throw invalid(`has two of ${twice}`)
  if (deep !== undefined) checkDeep(deep, invalid)
  if (embeddings !== undefined) checkEmbeddings(embeddings, invalid)
}

const checkEmbeddings = (
  { entities, dimensions, contents }: EmbeddingPart,
  invalid: (detail: string) => ModelError,
): void => {
  if (new Set(entities).size !== entities.length) throw invalid('embeddings.entities names one twice')
  if (entities.length < 2 || entities.length > ENTITIES_MAX)
    throw invalid(`embeddings.entities has ${entities.length}: use 2 to ${ENTITIES_MAX}`)
  if (!isCount(dimensions, DIMENSIONS_MAX))
    throw invalid(`embeddings.dimensions is ${dimensions}: use 1 to ${DIMENSIONS_MAX}`)
  if (contents !== undefined && !isCount(contents.dimensions, DIMENSIONS_MAX))
    throw invalid(`embeddings.contents.dimensions is ${contents.dimensions}: use 1 to ${DIMENSIONS_MAX}`)
}

const checkDeep = ({ experts, towers }: DeepPart, invalid: (detail: string) => ModelError): void => {
  if (!isCount(experts.count, EXPERTS_MAX))
    throw invalid(`experts.count is ${experts.count}: use 1 to ${EXPERTS_MAX}`)
  for (const [part, layers] of [
    ['experts', experts.layers],
    ['towers', towers.layers],
  ] as const) {
    if (!isCount(layers.length, LAYERS_MAX)) throw invalid(`${part}.layers: use 1 to ${LAYERS_MAX} layers`)
    const wrong = layers.find((units) => !isCount(units, UNITS_MAX))
    if (wrong !== undefined) throw invalid(`${part}.layers has ${wrong} units: use 1 to ${UNITS_MAX}`)
  }
}

const isCount = (value: number, max: number): boolean => Number.isInteger(value) && value >= 1 && value <= max
