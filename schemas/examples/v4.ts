import { optional, record } from '../declare/record.ts'
import { language } from '../declare/text.ts'
import type { ValueOf } from '../declare/kind.ts'
import { contentVector, postKind, postLanguage, tasteVector } from '../impressions/v4.ts'
import { exampleFieldsV3 } from './v3.ts'

export const exampleV4 = record(
  'Example',
  'A post that was shown, with its features as served and the labels that followed.',
  {
    ...exampleFieldsV3,
    contentVector,
    postLanguage,
    postKind,
    tasteVector,
    viewerLanguage: optional(language(), "The viewer's language."),
  },
)

export type Example = ValueOf<typeof exampleV4>
