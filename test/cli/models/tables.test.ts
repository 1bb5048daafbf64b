import { expect, test } from 'vitest'
import { differenceText, listText } from '../../../cli/models/tables.ts'
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

test('columns of a comparison say whose they are', () => {
  const text = differenceText(record('0123456789abcdef', 'live', 1), record('fedcba9876543210', 'retired', 2))
  expect(text).toMatch(/^head +figure +0123456789ab \(live\) +fedcba987654 \(retired\)$/m)
})
