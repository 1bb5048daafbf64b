import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HEAD_NAMES, type HeadName } from '../../../models/heads.ts'
import { lightRow } from '../../../models/light-row.ts'
import { inputColumns, withoutEmbeddings } from '../../../models/network/definition.ts'
import { servingGraph } from '../../../models/network/serving-graph.ts'
import { onnxModel } from '../../../models/onnx/model.ts'
import { heavyPrior, lightPrior, priorParameters } from '../../../models/prior/prior.ts'
import { PRIOR_TASKS } from '../../../models/prior/tasks.ts'
import { PRIOR_WEIGHTS } from '../../../models/prior/weights.ts'
import { RANKING_VIEWS, rankingRow, viewOffset } from '../../../models/ranking-row.ts'
import { NETWORKS } from '../../../models/rankers.ts'
import { ageBucketOf } from '../../../models/row/context-columns.ts'
import type { RowLayout } from '../../../models/row/row-layout.ts'
import { ScoringSession } from '../../../models/scoring/session.ts'
import { type ModelName, sha256Of, withVersion } from '../../../models/snapshot/manifest.ts'
import { DEFAULT_VALUE_MODEL, ValueModel } from '../../../models/value-model.ts'

/** Raw values by column; age in hours sets its bucket too. */
type Values = Readonly<Record<string, number>>

const sessionOf = async (model: ModelName): Promise<ScoringSession> => {
  const { row, heads } = NETWORKS[model]
  const bytes = onnxModel(servingGraph(withoutEmbeddings(NETWORKS[model]), priorParameters(model)))
  const manifest = withVersion({
    format: 1,
    model,
    origin: 'prior',
    columns: row.columns.map(({ name }) => name),
    columnsHash: row.hash,
    heads: heads.map(({ name }) => name),
    files: { 'model.onnx': { bytes: bytes.length, sha256: sha256Of(bytes) } },
  })
  return ScoringSession.create({ manifest, bytes })
}

/** A day-old post of a stranger, with some twenty reactions and no history with the viewer. */
const TYPICAL: Values = {
  'context.age_hours': 24,
  'post.engagements.decayed_24h': 10,
  'post.engagements.decayed_30min': 1.5,
  'post.engagements.decayed_3d': 16,
  'post.engagements_per_views.rate_24h': 0.05,
}

const rowOf = (layout: RowLayout, values: Values): Float32Array => {
  const full = new Float32Array(rankingRow.width)
  for (const view of RANKING_VIEWS) view.read(Buffer.alloc(0), 0, 0, 1_000, full, viewOffset(view))
  const given: Values = { ...TYPICAL, ...values }
  for (const [name, value] of Object.entries(given)) full[rankingRow.indexOf(name)] = value
  full[rankingRow.indexOf(`context.age_bucket.${ageBucketOf(given['context.age_hours']!)}`)] = 1
  return Float32Array.from(layout.columns, ({ name }) => full[rankingRow.indexOf(name)]!)
}

let heavy: ScoringSession
let light: ScoringSession

beforeAll(async () => {
  heavy = await sessionOf('heavy')
  light = await sessionOf('light')
})
afterAll(async () => {
  await heavy.dispose()
  await light.dispose()
})

const headsOf = async (values: Values): Promise<Record<HeadName, number>> => {
  const outputs = new Float32Array(HEAD_NAMES.length)
  await heavy.score(rowOf(rankingRow, values), 1, outputs)
  return Object.fromEntries(HEAD_NAMES.map((head, index) => [head, outputs[index]!])) as Record<
    HeadName,
    number
  >
}

const valueOf = async (values: Values): Promise<number> => {
  const outputs = new Float32Array(HEAD_NAMES.length)
  await heavy.score(rowOf(rankingRow, values), 1, outputs)
  const value = new Float32Array(1)
  const model = new ValueModel(DEFAULT_VALUE_MODEL)
  model.evaluate(outputs, 1, value, model.weightsFor(0))
  return value[0]!
}

const keepOf = async (values: Values): Promise<number> => {
  const output = new Float32Array(1)
  await light.score(rowOf(lightRow, values), 1, output)
  return output[0]!
}

const LIKED: Values = {
  'user_author.engagements.decayed_1d': 1,
  'user_author.engagements.decayed_30d': 5,
  'user_author.engagements.since_last_ms': 3_600_000,
}
const HATED: Values = { 'user_author.negatives.decayed_14d': 1, 'user_author.negatives.decayed_140d': 1 }

describe('the prior', () => {
  test('gives a typical post the base rates', async () => {
    const heads = await headsOf({})
    for (const head of HEAD_NAMES) {
      const { base } = PRIOR_TASKS[head]
      expect(heads[head], head).toBeGreaterThan(base / 1.5)
      expect(heads[head], head).toBeLessThan(base * 1.5)
    }
  })

  const preferences: readonly [string, Values, string, Values][] = [
    ['of an author liked lately', LIKED, 'of a stranger', {}],
    [
      'of an author liked often',
      { ...LIKED, 'user_author.engagements.decayed_30d': 30 },
      'of one liked at times',
      LIKED,
    ],
    ['of a close friend', { 'context.closeness.close': 1 }, 'of a friend', { 'context.closeness.none': 1 }],
    ['of a friend', { 'context.closeness.none': 1 }, 'of a stranger', {}],
    ['of an hour ago', { 'context.age_hours': 1 }, 'of yesterday', {}],
    ['of yesterday', {}, 'of last week', { 'context.age_hours': 24 * 7 }],
    ['that many react to', { 'post.engagements.decayed_24h': 200 }, 'that some react to', {}],
    [
      'that most who see it react to',
      { 'post.engagements_per_views.rate_24h': 0.3 },
      'that few react to',
      {},
    ],
    ['of a stranger', {}, 'of an author rejected lately', HATED],
    ['of an author liked lately', LIKED, 'of one liked and then rejected', { ...LIKED, ...HATED }],
    ['on a topic of the viewer', { 'user_hashtag.engagements.decayed_30d': 6 }, 'on another', {}],
    ['of a kind the viewer reacts to', { 'user_kind.engagements_per_views.rate_30d': 0.2 }, 'of another', {}],
    ['with unseen comments', { 'context.unseen_comments': 5 }, 'without', {}],
    [
      'where friends commented',
      { 'context.unseen_comments': 5, 'context.unseen_comments_by_friends': 2 },
      'where others did',
      { 'context.unseen_comments': 5 },
    ],
    ['that mentions the viewer', { 'context.mentions_viewer': 1 }, 'that does not', {}],
    ["in the viewer's own thread", { 'context.own_thread': 1 }, 'elsewhere', {}],
    ['in a language of the viewer', { 'context.language_match': 1 }, 'in another', {}],
  ]

  test.each(preferences)('puts a post %s above one %s', async (_better, better, _worse, worse) => {
    expect(await valueOf(better)).toBeGreaterThan(1.05 * (await valueOf(worse)))
  })

  const lightly = preferences.filter(([, better, , worse]) =>
    [better, worse].every((values) => Object.keys(values).every((name) => lightRow.has(name))),
  )
  test.each(lightly)(
    'of the light ranker keeps a post %s before one %s',
    async (_better, better, _worse, worse) => {
      expect(await keepOf(better)).toBeGreaterThan(await keepOf(worse))
    },
  )

  test('expects rejections where there were some', async () => {
    const typical = await headsOf({})
    const hated = await headsOf(HATED)
    for (const head of ['hide', 'see_less', 'report', 'block'] as const) {
      expect(hated[head], head).toBeGreaterThan(2 * typical[head])
    }
    expect(hated.click).toBeLessThan(typical.click / 1.5)
  })

  test('reads every column that it weighs', () => {
    const columns = inputColumns(NETWORKS.heavy).map(({ name }) => name)
    for (const { column } of PRIOR_WEIGHTS) expect(columns).toContain(column)
    const unknown = [{ column: 'nothing', interest: 1, because: 'tests' }]
    expect(() => heavyPrior(unknown)).toThrow('ROW_INVALID: network heavy reads no column nothing')
    expect(() => lightPrior(unknown)).not.toThrow()
  })

  test('is the same every time it is made', () => {
    expect(priorParameters('heavy')).toEqual(priorParameters('heavy'))
  })
})
