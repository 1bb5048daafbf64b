import { Command } from 'commander'
import { millis, type UserId } from '../../schemas/ids.ts'
import { FEED_LIMIT_DEFAULT, FEED_LIMIT_MAX } from '../../serving/query.ts'
import { print, printJson } from '../terminal.ts'
import {
  asOfOption,
  type DataOptions,
  dataOption,
  examples,
  jsonOption,
  limitOption,
  urlOption,
} from './options.ts'

interface FeedOptions extends DataOptions {
  readonly limit: number
  readonly asOf?: number
}

export const feedCommand = (): Command =>
  new Command('feed')
    .summary('shows the feed of a user')
    .description(
      'Shows the first page of a feed, with the reason for each post. Nothing is logged.\n\nOf a data directory that no process has open, or with --url of a running `freshet up`.',
    )
    .argument('<user>', 'whom the feed is for')
    .addOption(limitOption('posts', FEED_LIMIT_MAX, FEED_LIMIT_DEFAULT))
    .addOption(asOfOption('now'))
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('freshet feed ada', 'freshet feed ada --url http://127.0.0.1:8080 --json'))
    .action(async (user: string, { limit, asOf, json, ...options }: FeedOptions) => {
      const { asking } = await import('../feeds/asking.ts')
      const { feedTable } = await import('../feeds/tables.ts')
      const at = asOf === undefined ? null : millis(asOf)
      const feed = await asking(options, (feeds) =>
        feeds.preview({ userId: user as UserId, limit, asOf: at }),
      )
      if (json) printJson(feed)
      else print(feedTable(feed))
    })
