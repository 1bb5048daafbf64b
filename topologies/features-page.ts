import { columnDocs } from '../features/docs.ts'
import { pageOf } from '../schemas/pages.ts'
import { views } from './index.ts'

/**
 * The page of every feature, made from the views' declarations: path within the repository, and content. A test
 * compares it with what is committed; `npm run draw` writes it anew.
 */
export const FEATURES_PAGE = 'docs/features.md'

export const featuresPage = (): Promise<string> =>
  pageOf(INTRODUCTION, ...[...views.values()].map(columnDocs))

const INTRODUCTION = `# Features

Made from the views in \`processors/views/\`; \`npm run draw\` writes it anew.

Each view keeps a row a key, and is read as of a time: windows slide and sums fade between events. Columns are float32s, in this order. A key never seen reads as zeros, −1 for since-last and priors for rates. \`freshet feature get VIEW KEY --verbose\` shows a row with these words.`
