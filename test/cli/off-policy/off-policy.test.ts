import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { main } from '../../../cli/main.ts'
import { PlaceReader } from '../../../cli/off-policy/places.ts'
import { Policy } from '../../../cli/off-policy/policy.ts'
import { type OffPolicyReport, reportOf, reportText } from '../../../cli/off-policy/report.ts'
import { HEAD_NAMES, type HeadName } from '../../../models/heads.ts'
import { holds } from '../../../models/evaluation/interval.ts'
import { DEFAULT_VALUE_MODEL, ValueModel } from '../../../models/value-model.ts'
import { type Example, examples as exampleContract } from '../../../schemas/examples/index.ts'
import { topicOf } from '../../models/training/topic-in-memory.ts'
import { Running } from '../running.ts'
import { freshet, lastJson } from '../spawned.ts'
import { temporaryDirectory } from '../temporary.ts'
import { EXPLORATION, simulatedLog } from './log.ts'

const REQUESTS = 4_000
const log = simulatedLog(REQUESTS, 11)

/** A ranking that looks at one head alone. */
const weightsOf = (head: HeadName) => ({
  version: `by-${head}`,
  weights: Object.fromEntries(HEAD_NAMES.map((name) => [name, Number(name === head)])),
})

const reportFor = async (examples: readonly Example[], head: HeadName): Promise<OffPolicyReport> => {
  const valueModel = new ValueModel(weightsOf(head))
  const reader = new PlaceReader(new Policy(valueModel, null), topicOf(exampleContract, examples, 40))
  return reportOf(await reader.read(), { value_model: valueModel.config.version, model: null })
}

describe('what a ranking that never served would earn', () => {
  test.each(['click', 'like'] as const)('by %s alone is estimated within its interval', async (by) => {
    const report = await reportFor(log.examples, by)
    expect(report).toMatchObject({ places: REQUESTS, too_few: false })
    const { clicks, reactions, value } = report.figures!
    for (const estimator of ['ips', 'snips', 'dr'] as const) {
      expect(holds(clicks[estimator], log.truthOf('click', by)), estimator).toBe(true)
      expect(holds(reactions[estimator], log.truthOf('like', by)), estimator).toBe(true)
      // To one part in five, all of them: a wide interval would hold anything.
      const { low, high, value: liked } = reactions[estimator]
      expect((high - low) / 2 / liked).toBeLessThan(0.2)
    }
    expect(value).toEqual(by === 'click' ? clicks : reactions)
    // What was shown is what is clicked most, but for a share of feeds.
    expect(holds(clicks.logged, log.truthOf('click', 'click'))).toBe(false)
    expect(report.same_share!).toBeCloseTo(by === 'click' ? 0.8 : EXPLORATION.share / EXPLORATION.depth, 1)
  })

  test('is told as too few where hardly any place speaks for it', async () => {
    const { examples } = simulatedLog(60, 3)
    const report = await reportFor(examples, 'like')
    expect(report.places).toBe(60)
    expect(report.effective_count).toBeLessThan(10)
    expect(report.too_few).toBe(true)
    expect(reportText(report)).toMatch(/: too few\.\n[^]*clicks +0\.\d+ \(.*\) +too few +too few +too few\n/)
    expect(reportText(await reportFor(log.examples, 'like'))).not.toMatch('too few')
    expect(await reportFor([], 'like')).toMatchObject({ places: 0, same_share: null, figures: null })
  })

  test('is asked of whole places alone, with the heads and columns of today', async () => {
    const { examples } = simulatedLog(20, 4)
    const changed = (requestId: string, change: (example: Example) => Partial<Example> | null): Example[] =>
      examples.flatMap((each) => {
        const changes = each.requestId === requestId ? change(each) : {}
        return changes === null ? [] : [{ ...each, ...changes }]
      })
    const short = changed('r7', ({ position }) => (position === 3 ? null : {}))
    expect(await reportFor(short, 'like')).toMatchObject({ places: 19, left_out: { cut_short: 1 } })
    const heads = changed('r7', ({ position }) => (position === 2 ? { heads: [0.5] } : {}))
    expect(await reportFor(heads, 'like')).toMatchObject({ places: 19, left_out: { other_heads: 1 } })
    const others = changed('r7', () => ({ columnsHash: 'others' }))
    expect(await reportFor(others, 'like')).toMatchObject({ places: 19, left_out: { other_columns: 1 } })
  })

  test('is read of a bounded number of places', async () => {
    const policy = new Policy(new ValueModel(weightsOf('like')), null)
    const { examples } = simulatedLog(20, 5)
    const places = await new PlaceReader(policy, topicOf(exampleContract, examples, 40), 15).read()
    expect(places).toMatchObject({ isCut: true, examples: examples.length })
    expect(places.places).toHaveLength(15)
  })
})

test('freshet off-policy asks a ranking or a model, of a running server or a directory', async () => {
  const { examples } = simulatedLog(500, 12)
  const data = await temporaryDirectory()
  const running = await Running.open(data)
  const publisher = running.embedded.publisher()
  for (const value of examples) publisher.add({ contract: exampleContract, value })
  await publisher.flush()
  const [heavy] = await running.serving.models.registry.list('heavy')
  const ranking = join(data, 'likes.json')
  await writeFile(ranking, JSON.stringify({ ranking: { valueModel: weightsOf('like') } }))
  const expected = await reportFor(examples, 'like')
  const remote = await freshet(data, 'off-policy', '--ranking', ranking, '--url', running.url, '--json')
  expect(lastJson(remote)).toEqual(expected)
  await running.stop()

  // By the weights of everybody's ranking, and as the prior scores features: who has to do with whom is liked.
  const version = heavy!.version.slice(0, 8)
  const model = lastJson(await freshet(data, 'off-policy', '--data', data, '--model', version, '--json'))
  expect(model).toMatchObject({
    value_model: DEFAULT_VALUE_MODEL.version,
    model: heavy!.version,
    same_share: expected.same_share,
  })
  expect(await main(['off-policy', '--data', data])).toBe(0)
  expect(await main(['off-policy', '--data', data, '--ranking', join(data, 'none.json')])).toBe(1)
  expect(await main(['off-policy', '--data', data, '--model', 'none'])).toBe(1)
  expect(await main(['off-policy', '--data', join(data, 'none')])).toBe(1)
})
