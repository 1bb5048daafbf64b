import { EventIds } from './event-ids.ts'
import type { InputSchemas } from './input-schemas.ts'
import type { AnyHandler, Mapper, Processor } from './processor.ts'
import type { Store } from './state/store.ts'
import type { TaskState } from './state/task-state.ts'
import type { Codec, Topic } from './topic.ts'
import { inputsOf, isProcessor, type TaskPlan } from './topology.ts'

/** A processor with its store, as one task runs it. */
export interface ProcessorRun {
  readonly processor: Processor<unknown>
  readonly store: Store
  /** Stands for the processor in rows of timers; stable across deployments. */
  readonly number: number
}

/** One node's part in one topic. */
export type NodeRun =
  | { readonly kind: 'handler'; readonly run: ProcessorRun; readonly handler: AnyHandler<unknown> }
  | { readonly kind: 'mapper'; readonly mapper: Mapper<unknown> }

/** The node's name. */
export const nameOf = (node: NodeRun): string =>
  node.kind === 'mapper' ? node.mapper.name : node.run.processor.name

/** Counted event by event, told to the metrics batch by batch. */
export interface TopicCounts {
  events: number
  late: number
  duplicates: number
}

/** An input topic with the nodes that read it. */
export interface TopicRun {
  readonly topic: Topic<unknown>
  /** By what the records are read: the topic's own, unless others write it under ids of a registry. */
  readonly codec: Codec<unknown>
  readonly nodes: readonly NodeRun[]
  readonly ids: EventIds | undefined
  readonly counts: TopicCounts
}

export interface TaskNodes {
  readonly topics: readonly TopicRun[]
  readonly processors: readonly ProcessorRun[]
}

/** Opens the stores that a plan's processors and inputs need. */
export const openNodes = async (
  plan: TaskPlan,
  state: TaskState,
  eventIdsMax: number,
  schemas: InputSchemas | undefined,
): Promise<TaskNodes> => {
  const runs = new Map<Processor<unknown>, ProcessorRun>()
  for (const processor of plan.nodes.filter(isProcessor)) {
    const store = await state.store(processor.name)
    runs.set(processor, { processor, store, number: store.number })
  }
  const topics: TopicRun[] = []
  for (const topic of plan.inputs) {
    const ids =
      topic.eventId === undefined
        ? undefined
        : new EventIds(await state.store(`event-ids:${topic.name}`, 'resident'), eventIdsMax)
    topics.push({
      topic,
      codec: schemas?.codecOf(topic) ?? topic.codec,
      ids,
      nodes: nodesOf(plan, topic, runs),
      counts: { events: 0, late: 0, duplicates: 0 },
    })
  }
  return { topics, processors: [...runs.values()] }
}

const nodesOf = (
  plan: TaskPlan,
  topic: Topic<unknown>,
  runs: ReadonlyMap<Processor<unknown>, ProcessorRun>,
): NodeRun[] => {
  const nodes: NodeRun[] = []
  for (const each of plan.nodes) {
    if (!inputsOf(each).some(({ name }) => name === topic.name)) continue
    if (!isProcessor(each)) nodes.push({ kind: 'mapper', mapper: each })
    else {
      const handler = each.handlers.find(({ input }) => input.name === topic.name)!
      nodes.push({ kind: 'handler', run: runs.get(each)!, handler })
    }
  }
  return nodes
}
