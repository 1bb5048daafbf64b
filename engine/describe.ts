import { inputsOf, isProcessor, keySpaceOf, topicsOf, type Topology } from './topology.ts'

export interface NodeDescription {
  readonly name: string
  readonly kind: 'processor' | 'mapper'
  readonly about: string
  readonly keySpace: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Layout version of the store; absent on a mapper. */
  readonly stateVersion?: number
}

export interface TopicDescription {
  readonly name: string
  readonly about: string
  readonly keySpace: string
  readonly visibility: 'public' | 'internal'
  readonly graceMs: number
  readonly folded: boolean
  /** Says nothing of how far event time is. */
  readonly echo: boolean
}

export interface TopologyDescription {
  readonly name: string
  readonly about: string
  readonly topics: readonly TopicDescription[]
  readonly nodes: readonly NodeDescription[]
}

/** A topology as plain data: what is deployed, by the names that matter (topics, stores, layout versions). */
export const describe = (topology: Topology): TopologyDescription => ({
  name: topology.name,
  about: topology.about,
  topics: topicsOf(topology).map(({ name, about, keySpace, visibility, graceMs, fold, isEcho }) => ({
    name,
    about,
    keySpace,
    visibility,
    graceMs,
    folded: fold !== undefined,
    echo: isEcho === true,
  })),
  nodes: topology.nodes.map((node) => ({
    name: node.name,
    kind: isProcessor(node) ? 'processor' : 'mapper',
    about: node.about,
    keySpace: keySpaceOf(node),
    inputs: inputsOf(node).map(({ name }) => name),
    outputs: node.outputs.map(({ name }) => name),
    ...(isProcessor(node) && { stateVersion: node.state.version }),
  })),
})

/** The same as a Mermaid flowchart: topics are rounded, processors are cylinders (they hold state), mappers boxes. */
export const mermaid = (topology: Topology): string => {
  const { topics, nodes } = describe(topology)
  const lines = ['flowchart LR']
  for (const { name, visibility, folded } of topics) {
    const label = folded ? `"${name} (folded)"` : name
    lines.push(visibility === 'public' ? `  ${topicId(name)}([${label}])` : `  ${topicId(name)}(${label})`)
  }
  for (const keySpace of [...new Set(nodes.map((node) => node.keySpace))].sort()) {
    lines.push(`  subgraph by_${keySpace} [by ${keySpace}]`)
    for (const node of nodes.filter((each) => each.keySpace === keySpace)) {
      const shape = node.kind === 'processor' ? `[(${node.name} v${node.stateVersion})]` : `[${node.name}]`
      lines.push(`    ${nodeId(node.name)}${shape}`)
    }
    lines.push('  end')
  }
  for (const { name, inputs, outputs } of nodes) {
    for (const input of inputs) lines.push(`  ${topicId(input)} --> ${nodeId(name)}`)
    for (const output of outputs) lines.push(`  ${nodeId(name)} --> ${topicId(output)}`)
  }
  return `${lines.join('\n')}\n`
}

const topicId = (name: string): string => `topic_${name.replaceAll(/[^a-z0-9]/g, '_')}`
const nodeId = (name: string): string => `node_${name.replaceAll(/[^a-z0-9]/g, '_')}`
