import { Command, Option } from 'commander'
import type { Drawing } from '../draw.ts'
import { examples, jsonOption } from './options.ts'

export const describeCommand = (): Command =>
  new Command('describe')
    .description('Draws a topology: its topics, processors and stores.')
    .argument('[topology]', 'a topology; "everything" where absent')
    .addOption(jsonOption())
    .addOption(new Option('--mermaid', 'print a Mermaid flowchart').conflicts('json'))
    .addHelpText('after', examples('freshet describe', 'freshet describe affinity --mermaid'))
    .action(async (name: string | undefined, options: Drawing) => {
      const { draw } = await import('../draw.ts')
      draw(name, options)
    })
