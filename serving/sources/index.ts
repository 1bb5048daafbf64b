import type { SourceStage } from '../pipeline/stage.ts'
import type { StateRows } from '../state-rows.ts'
import { carried } from './carried.ts'
import { comments } from './comments.ts'
import { follows } from './follows.ts'
import { friends } from './friends.ts'
import { groups } from './groups.ts'
import { mentions } from './mentions.ts'
import { pages } from './pages.ts'
import { type Retrieval, retrieval } from './retrieval.ts'
import { touched } from './touched.ts'
import { trending } from './trending.ts'
import type { TrendingPools } from './trending/pools.ts'

/** Where candidates come from, all at once; what each may give stands in quotas.ts. */
export const sources = (rows: StateRows, pools: TrendingPools, index: Retrieval): readonly SourceStage[] => [
  comments(rows),
  mentions(rows),
  friends(rows),
  follows(rows),
  groups(rows),
  pages(rows),
  carried(rows),
  touched(rows),
  trending(pools),
  retrieval(index),
]
