import { Command } from 'commander'
import type { PostId, RequestId } from '../../schemas/ids.ts'
import { print, printJson } from '../terminal.ts'
import { examples } from './options.ts'
import { type PageOptions, pageOptions, requestOf } from './page-options.ts'

export const explainCommand = (): Command => {
  const command = new Command('explain')
    .summary('Says why a post is in a feed, or is not.')
    .description(
      'Ranks a feed and says of a post which source found it, which filter removed it or which pass dropped it, and how its score came about. Nothing is logged.',
    )
    .argument('<user>', 'whom the feed is for')
    .argument('<post>', 'the post')
    .addHelpText('after', examples('freshet explain ada post-17', 'freshet explain ada post-17 --json'))
    .action(async (user: string, post: string, options: PageOptions) => {
      const { asking } = await import('../feeds/asking.ts')
      const { explainTable } = await import('../feeds/tables.ts')
      const explanation = await asking(options, async (feeds) => {
        const { meta } = await feeds.preview(requestOf(user, options))
        return feeds.explain(meta.requestId as RequestId, post as PostId)
      })
      if (options.json) printJson(explanation)
      else print(explainTable(explanation))
    })
  for (const option of pageOptions()) command.addOption(option)
  return command
}
