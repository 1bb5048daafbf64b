import { EngineError } from './errors.ts'
import type { Mapper, Processor } from './processor.ts'
import type { KeySpace, Topic, TopicInfo } from './topic.ts'

/** A processor or mapper with its value types erased: whoever runs it passes it its own topic's values. */
export type Node = Processor<unknown> | Mapper<unknown>

/** One file in topologies/ makes one of these: named, with its nodes, ready to be composed with others. */
export interface Topology {
  readonly name: string
  readonly about: string
  readonly nodes: readonly Node[]
}

/** The part of a topology that one task runs: the nodes and inputs of one key space. */
export interface TaskPlan {
  readonly keySpace: KeySpace
  readonly inputs: readonly Topic<unknown>[]
  readonly nodes: readonly Node[]
}

const NAME = /^[a-z][a-z0-9-]{0,63}$/

export const isProcessor = (node: Node): node is Processor<unknown> => 'state' in node

/** Topics that a node reads. */
export const inputsOf = (each: Node): readonly Topic<unknown>[] =>
  isProcessor(each) ? each.handlers.map(({ input }) => input) : [each.input]

/**
 * Erases a node's value types so that nodes of different types fit one list. Sound because the engine hands
 * a node only what its own input topic's codec decoded, and a state only what its own layout made.
 */
export const node = <Value>(typed: Processor<Value> | Mapper<Value>): Node => typed

export const topology = (name: string, about: string, nodes: readonly Node[]): Topology => {
  const made = { name, about, nodes }
  check(made)
  return made
}

/**
 * Topologies run together: each topic is read, decoded and de-duplicated once, and a node that several parts
 * need runs once.
 */
export const compose = (name: string, about: string, parts: readonly Topology[]): Topology =>
  topology(name, about, [...new Set(parts.flatMap((part) => part.nodes))])

/** Every topic that a topology reads or writes, by name. */
export const topicsOf = (whole: Topology): TopicInfo[] => {
  const topics = new Map<string, TopicInfo>()
  for (const each of whole.nodes) {
    for (const topic of [...inputsOf(each), ...each.outputs]) topics.set(topic.name, topic)
  }
  return [...topics.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** Splits a topology into the plans of its tasks, one a key space. */
export const plansOf = (whole: Topology): TaskPlan[] => {
  const spaces = [...new Set(whole.nodes.map(keySpaceOf))].sort()
  return spaces.map((keySpace) => {
    const nodes = whole.nodes.filter((each) => keySpaceOf(each) === keySpace)
    const inputs = new Map(nodes.flatMap(inputsOf).map((topic) => [topic.name, topic]))
    return { keySpace, nodes, inputs: [...inputs.values()] }
  })
}

/** The key space that a node runs in: that of every topic it reads. */
export const keySpaceOf = (each: Node): KeySpace => inputsOf(each)[0]!.keySpace

const check = (whole: Topology): void => {
  const names = new Set<string>()
  const topics = new Map<string, TopicInfo>()
  for (const each of whole.nodes) {
    if (!NAME.test(each.name)) throw invalid(whole, `"${each.name}" is no node name: use a-z, 0-9 and dashes`)
    if (names.has(each.name)) throw invalid(whole, `two nodes are called "${each.name}": rename one`)
    names.add(each.name)
    checkInputs(whole, each)
    for (const topic of [...inputsOf(each), ...each.outputs]) checkTopic(whole, topics, topic)
    if (isProcessor(each)) checkVersion(whole, each)
  }
}

const checkInputs = (whole: Topology, each: Node): void => {
  const inputs = inputsOf(each)
  if (inputs.length === 0) throw invalid(whole, `"${each.name}" reads no topic`)
  if (new Set(inputs.map((topic) => topic.name)).size < inputs.length) {
    throw invalid(whole, `"${each.name}" has two handlers for one topic: make them one`)
  }
  const spaces = new Set(inputs.map((topic) => topic.keySpace))
  if (spaces.size > 1) {
    throw invalid(
      whole,
      `"${each.name}" reads topics keyed by ${[...spaces].join(' and ')}: rekey one of them`,
    )
  }
}

const checkVersion = (whole: Topology, { name, state: { version } }: Processor<unknown>): void => {
  if (!Number.isInteger(version) || version < 1 || version > 255) {
    throw invalid(whole, `state version of "${name}" must be 1 to 255`)
  }
}

/** Each topic is read and written in one way, whichever of its declarations is found first. */
const checkTopic = (whole: Topology, topics: Map<string, TopicInfo>, topic: TopicInfo): void => {
  if (!(topic.graceMs >= 0)) throw invalid(whole, `topic "${topic.name}" needs a grace in milliseconds`)
  const known = topics.get(topic.name) ?? topic
  const other = (['keySpace', 'graceMs', 'visibility', 'isEcho'] as const).find(
    (each) => known[each] !== topic[each],
  )
  const differs = (known.fold === undefined) === (topic.fold === undefined) ? other : 'fold'
  if (differs !== undefined) {
    throw invalid(whole, `topic "${topic.name}" is declared twice, with another ${differs}: declare it once`)
  }
  topics.set(topic.name, topic)
}

const invalid = (whole: Topology, detail: string): EngineError =>
  new EngineError('TOPOLOGY_INVALID', `${whole.name}: ${detail}`)
