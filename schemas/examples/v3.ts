import { list } from '../declare/composites.ts'
import { boolean, float, integer } from '../declare/numbers.ts'
import { defaulted, listOrEmpty, optional, record } from '../declare/record.ts'
import { hashtag, id } from '../declare/text.ts'
import { HEADS_MAX } from '../impressions/v2.ts'
import { RANKED_HASHTAGS_MAX } from '../impressions/limits.ts'
import { exampleFieldsV2 } from './v2.ts'

export const exampleFieldsV3 = {
  ...exampleFieldsV2,
  containerId: optional(id(), 'The group, page or thread that held the post when it was ranked.'),
  hashtags: listOrEmpty(
    list(hashtag(), RANKED_HASHTAGS_MAX),
    'The first hashtags of the post when it was ranked.',
  ),
  isEarly: defaulted(
    boolean(),
    false,
    'Of a late one: the slate has yet to settle, and the label, unless it is undone, comes once more with it.',
  ),
  heads: listOrEmpty(
    list(float(), HEADS_MAX),
    'What each head of the model that served it foresaw, in the order of the heads.',
  ),
  satisfaction: optional(
    integer(1, 5),
    'What a survey said of the post, or of the feed that showed it: from 1 (not at all) to 5 (very).',
  ),
  experiment: optional(id(), 'The experiment that it was served under.'),
}

export const exampleV3 = record(
  'Example',
  'A post that was shown, with its features as served and the labels that followed.',
  exampleFieldsV3,
)
