import { Command } from 'commander'
import type { Created } from '../new/create.ts'
import { print } from '../terminal.ts'
import { examples } from './options.ts'

export const newCommand = (): Command =>
  new Command('new')
    .description(
      'Writes the beginnings of something new into this checkout: code, a test that passes, the pictures.',
    )
    .addCommand(
      new Command('view')
        .description(
          'Writes a feature view that counts reactions: processors/views/NAME.ts with its test and topology.',
        )
        .argument('<name>', 'lower case, digits and dashes; also the name of its store')
        .addHelpText('after', examples('freshet new view user-surface'))
        .action(async (name: string) => {
          const { createView } = await import('../new/create.ts')
          tell(await createView(process.cwd(), name))
        }),
    )
    .addCommand(
      new Command('processor')
        .description(
          'Writes a processor with a state of its own: processors/NAME.ts with its test and topology.',
        )
        .argument('<name>', 'lower case, digits and dashes; also the name of its store')
        .addHelpText('after', examples('freshet new processor longest-dwell'))
        .action(async (name: string) => {
          const { createProcessor } = await import('../new/create.ts')
          tell(await createProcessor(process.cwd(), name))
        }),
    )

const BEGINS_EMPTY =
  'In a data directory that is there already it begins empty: replay events into a new one to count them too.'

const tell = ({ written, changed, test }: Created): void => {
  for (const file of written) print(`wrote    ${file}`)
  for (const file of changed) print(`changed  ${file}`)
  print(`\nIts test passes as it is:  npm test -- ${test}\n${BEGINS_EMPTY}`)
}
