import { Command } from 'commander'
import { print, printJson } from '../terminal.ts'
import { examples } from './options.ts'
import { type PageOptions, pageOptions, requestOf } from './page-options.ts'

export const feedCommand = (): Command => {
  const command = new Command('feed')
    .summary('Shows the feed of a user.')
    .description(
      'Shows the first page of a feed, with the reason for each post. Nothing is logged.\n\nOf a data directory that no process has open, or with --url of a running `freshet up`.',
    )
    .argument('<user>', 'whom the feed is for')
    .addHelpText('after', examples('freshet feed ada', 'freshet feed ada --url http://127.0.0.1:8080 --json'))
    .action(async (user: string, options: PageOptions) => {
      const { asking } = await import('../feeds/asking.ts')
      const { feedTable } = await import('../feeds/tables.ts')
      const feed = await asking(options, (feeds) => feeds.preview(requestOf(user, options)))
      if (options.json) printJson(feed)
      else print(feedTable(feed))
    })
  for (const option of pageOptions()) command.addOption(option)
  return command
}
