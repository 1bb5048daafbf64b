import { readFileSync, writeFileSync } from 'node:fs'
import { describe, mermaid } from '../engine/describe.ts'
import type { Topology } from '../engine/topology.ts'

/** The committed picture of a topology: what a change of names, stores or layouts must be seen against. */
export interface Picture {
  readonly file: string
  readonly text: string
}

/** A topology's pictures: a Mermaid chart for people, JSON for tools. */
export const picturesOf = (topology: Topology): readonly Picture[] => [
  {
    file: `${import.meta.dirname}/${topology.name}.md`,
    text: `# ${topology.name}\n\n${topology.about}\n\n\`\`\`mermaid\n${mermaid(topology)}\`\`\`\n`,
  },
  {
    file: `${import.meta.dirname}/${topology.name}.json`,
    text: `${JSON.stringify(describe(topology), null, 2)}\n`,
  },
]

/** Whether the committed file is what the topology looks like now. */
export const isCurrent = ({ file, text }: Picture): boolean => {
  try {
    return readFileSync(file, 'utf8') === text
  } catch {
    return false
  }
}

export const commitPicture = ({ file, text }: Picture): void => writeFileSync(file, text)
