import { expect, test } from 'vitest'
import { RANKING_DEFAULTS } from '../../../serving/rules/config.ts'
import { readSettings } from '../../../serving/rules/settings.ts'

test('settings say what differs; weights one by one', () => {
  const text = JSON.stringify({
    ranking: {
      valueModel: { version: 'v2', weights: { like: 2 } },
      exploration: { share: 0.1, position: 4, depth: 20 },
    },
    experiments: [{ name: 'e', salt: 's', arms: [{ name: 'a', share: 1 }] }],
  })
  const { config, experiments } = readSettings(text)
  expect(config).toEqual({
    valueModel: { version: 'v2', weights: { ...RANKING_DEFAULTS.valueModel.weights, like: 2 } },
    rulesOff: [],
    exploration: { share: 0.1, position: 4, depth: 20 },
  })
  expect(experiments).toEqual([{ name: 'e', salt: 's', arms: [{ name: 'a', share: 1 }] }])
  expect(readSettings('{}')).toEqual({ config: RANKING_DEFAULTS, experiments: [] })
})

test.each([
  ['{', 'the file is no JSON'],
  ['[]', 'the file must be an object'],
  ['{"rankings":{}}', 'the file has no field "rankings": use ranking, experiments'],
  ['{"ranking":{"weights":{}}}', 'ranking has no field "weights"'],
  ['{"experiments":{}}', 'experiments must be a list'],
  ['{"experiments":[{"name":"a","salt":"b"}]}', 'experiments.0.arms must be a list'],
  [
    '{"experiments":[{"name":"a","salt":"b","arms":[{"name":"c","weight":1}]}]}',
    'experiments.0.arms.0 has no field',
  ],
  ['{"experiments":[{"arms":[{"ranking":{"weights":1}}]}]}', 'experiments.0.arms.0.ranking has no field'],
  ['{"ranking":{"valueModel":5}}', 'ranking.valueModel must be an object'],
  ['{"ranking":{"valueModel":null}}', 'ranking.valueModel must be an object'],
  ['{"ranking":{"valueModel":{"weights":null}}}', 'ranking.valueModel.weights must be an object'],
  ['{"ranking":{"valueModel":{"weights":{"likes":1}}}}', 'ranking.valueModel.weights has no field "likes"'],
  ['{"ranking":{"rulesOff":"author-diversity"}}', 'ranking.rulesOff must be a list'],
  [
    '{"ranking":{"exploration":{"share":0.1,"position":1,"depth":2,"bogus":1}}}',
    'ranking.exploration has no field "bogus"',
  ],
  [
    '{"experiments":[{"arms":[{"ranking":{"exploration":3}}]}]}',
    'experiments.0.arms.0.ranking.exploration must be an object',
  ],
])('%s is refused by the field', (text, message) => {
  expect(() => readSettings(text)).toThrow(`CONFIG_INVALID: ${message}`)
})
