import { expect, test } from 'vitest'
import { differences, differenceText, listText } from '../../../cli/models/tables.ts'
import type { ModelRecord } from '../../../models/registry/record.ts'
import { millis } from '../../../schemas/ids.ts'

const record = (version: string, state: ModelRecord['state'], offeredAt: number): ModelRecord => ({
  model: 'heavy',
  version,
  state,
  parent: null,
  origin: 'trained',
  columnsHash: 'c',
  examples: 1_000,
  trainedUntil: null,
  offeredAt: millis(offeredAt),
  promotedAt: null,
  reason: 'passed',
  metrics: null,
  against: null,
  hasFiles: true,
  isWithdrawn: false,
  findings: [],
})

test('what serves is listed first, then the newest', () => {
  const records = [
    record('oldest', 'retired', 1_000),
    record('serving', 'live', 2_000),
    record('newest', 'refused', 3_000),
  ]
  const lines = listText({ records, held: {} }).split('\n')
  expect(lines.map((line) => line.split(/ +/)[1])).toEqual(['version', 'serving', 'newest', 'oldest'])
  expect(lines[1]).toContain('1970-01-01 00:00:02Z')
})

test('two of which one was offered against the other are compared on the same examples, in either order', () => {
  const figures = (auc: number): ModelRecord['metrics'] => ({
    like: {
      kind: 'probability',
      count: 9,
      positives: 3,
      auc,
      logLoss: null,
      normalisedEntropy: null,
      calibration: null,
    },
  })
  const live = { ...record('live', 'live', 1), metrics: figures(0.9) }
  const later = {
    ...record('later', 'refused', 2),
    metrics: figures(0.6),
    against: { version: 'live', metrics: figures(0.7)! },
  }
  const row = { head: 'like', figure: 'auc' }
  expect(differences(live, later)).toEqual([{ ...row, one: 0.7, other: 0.6 }])
  expect(differences(later, live)).toEqual([{ ...row, one: 0.6, other: 0.7 }])
})

test('columns of a comparison say whose they are', () => {
  const text = differenceText(record('0123456789abcdef', 'live', 1), record('fedcba9876543210', 'retired', 2))
  expect(text).toMatch(/^head +figure +0123456789ab \(live\) +fedcba987654 \(retired\)$/m)
})
