import { Command } from 'commander'
import { millis, type PostId, type RequestId, type UserId } from '../../schemas/ids.ts'
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

interface ExplainOptions extends DataOptions {
  readonly limit: number
  readonly asOf?: number
}

export const explainCommand = (): Command =>
  new Command('explain')
    .summary('says why a post is in a feed, or is not')
    .description(
      'Ranks a feed and says of a post which source found it, which filter removed it or which pass dropped it, and how its score came about. Nothing is logged.',
    )
    .argument('<user>', 'whom the feed is for')
    .argument('<post>', 'the post')
    .addOption(limitOption('posts', FEED_LIMIT_MAX, FEED_LIMIT_DEFAULT))
    .addOption(asOfOption('now'))
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('freshet explain ada post-17', 'freshet explain ada post-17 --json'))
    .action(async (user: string, post: string, { limit, asOf, json, ...options }: ExplainOptions) => {
      const { asking } = await import('../feeds/asking.ts')
      const { explainTable } = await import('../feeds/tables.ts')
      const at = asOf === undefined ? null : millis(asOf)
      const explanation = await asking(options, async (feeds) => {
        const { meta } = await feeds.preview({ userId: user as UserId, limit, asOf: at })
        return feeds.explain(meta.requestId as RequestId, post as PostId)
      })
      if (json) printJson(explanation)
      else print(explainTable(explanation))
    })
