import type { Option } from 'commander'
import { millis, type UserId } from '../../schemas/ids.ts'
import { FEED_LIMIT_DEFAULT, FEED_LIMIT_MAX } from '../../serving/query.ts'
import type { FeedRequest } from '../feeds/asking.ts'
import { asOfOption, type DataOptions, dataOption, jsonOption, limitOption, urlOption } from './options.ts'

/** Of commands that ask for the first page of a feed. */
export interface PageOptions extends DataOptions {
  readonly limit: number
  readonly asOf?: number
}

export const pageOptions = (): readonly Option[] => [
  limitOption('posts', FEED_LIMIT_MAX, FEED_LIMIT_DEFAULT),
  asOfOption('now'),
  dataOption(),
  urlOption(),
  jsonOption(),
]

/** The page that is asked for; now where no time is given. */
export const requestOf = (user: string, { limit, asOf }: PageOptions): FeedRequest => ({
  userId: user as UserId,
  limit,
  asOf: asOf === undefined ? null : millis(asOf),
})
