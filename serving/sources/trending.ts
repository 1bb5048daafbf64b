import { SOURCE_MS } from '../pipeline/deadlines.ts'
import { always, type SourceStage } from '../pipeline/stage.ts'
import { listFinding } from './list.ts'
import type { TrendingPools } from './trending/pools.ts'

export const trending = (pools: TrendingPools): SourceStage => ({
  name: 'source-trending',
  about: "Public posts that do well now: in the viewer's country and language, then everywhere.",
  source: 'trending',
  deadlineMs: SOURCE_MS,
  required: false,
  enable: always,
  async find({ asOf }, { profile }) {
    const country = profile?.country ?? null
    const language = profile?.language ?? null
    return listFinding('trending', await pools.posts(asOf, country, language))
  },
})
