import { Command, Option } from 'commander'
import { describe, mermaid } from '../../engine/describe.ts'
import type { Topology } from '../../engine/topology.ts'
import { everything, topologies } from '../../topologies/index.ts'
import { CliError } from '../errors.ts'
import { print } from '../terminal.ts'
import { examples, jsonOption } from './options.ts'

export const describeCommand = (): Command =>
  new Command('describe')
    .description('Draws a topology: its topics, processors and stores.')
    .argument('[topology]', 'a topology; "everything" where absent')
    .addOption(jsonOption())
    .addOption(new Option('--mermaid', 'print a Mermaid flowchart').conflicts('json'))
    .addHelpText('after', examples('freshet describe', 'freshet describe affinity --mermaid'))
    .action((name: string | undefined, options: { readonly json?: boolean; readonly mermaid?: boolean }) => {
      const topology = topologyOf(name ?? everything.name)
      if (options.json) print(JSON.stringify(describe(topology)))
      else print(options.mermaid ? mermaid(topology).trimEnd() : textOf(topology))
    })

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
