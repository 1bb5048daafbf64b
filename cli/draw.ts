import { describe, mermaid } from '../engine/describe.ts'
import type { Topology } from '../engine/topology.ts'
import { everything, topologies } from '../topologies/index.ts'
import { CliError } from './errors.ts'
import { print, printJson } from './terminal.ts'

export interface Drawing {
  readonly json?: boolean
  readonly mermaid?: boolean
}

/** Prints a topology, everything where none is named: as JSON, as a Mermaid chart or in words. */
export const draw = (name: string | undefined, drawing: Drawing): void => {
  const topology = topologyOf(name ?? everything.name)
  if (drawing.json) printJson(describe(topology))
  else print(drawing.mermaid ? mermaid(topology).trimEnd() : textOf(topology))
}

const topologyOf = (name: string): Topology => {
  const all = [...topologies, everything]
  const found = all.find((topology) => topology.name === name)
  if (found !== undefined) return found
  const names = all.map((topology) => topology.name).join(', ')
  throw new CliError('UNKNOWN_TOPOLOGY', `there is no topology "${name}"; topologies are ${names}`)
}

const textOf = (topology: Topology): string => {
  const { name, about, nodes } = describe(topology)
  const lines = [...new Set(nodes.map(({ keySpace }) => keySpace))].sort().flatMap((keySpace) => [
    `\nby ${keySpace}`,
    ...nodes
      .filter((node) => node.keySpace === keySpace)
      .map(({ name, about, inputs, outputs }) => {
        const to = outputs.length === 0 ? '' : ` → ${outputs.join(', ')}`
        return `  ${name}: ${about}\n    ${inputs.join(', ')} → ${name}${to}`
      }),
  ])
  return [`${name}: ${about}`, ...lines].join('\n')
}
