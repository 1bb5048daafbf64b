import fc from 'fast-check'
import { Command } from 'ioredis'
import { expect, test } from 'vitest'
import { applyCommand, ApplyWriter, type ScriptCall } from '../../../../features/store/redis/apply-command.ts'

const bytes = fc.uint8Array({ maxLength: 300 })
const changes = fc.record({
  store: fc.constant('likes'),
  partition: fc.nat(),
  sequence: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  previous: fc.nat(),
  newest: fc.integer({ min: -1 }),
  rows: fc.array(fc.tuple(bytes, fc.option(bytes)), { maxLength: 20 }),
})
const lives = fc.record({ liveMs: fc.nat(), lasting: fc.array(fc.nat({ max: 19 })) })
const call = fc.constantFrom<ScriptCall>(['evalsha', 'a'.repeat(40)], ['eval', 'return "é"'])

test('a call is written as the client itself would write it, one after the other', () => {
  const writer = new ApplyWriter()
  fc.assert(
    fc.property(call, changes, lives, fc.string(), (script, change, { liveMs, lasting }, tagText) => {
      const tag = Buffer.from(tagText)
      const { sequence, previous, newest, rows } = change
      const keys = [tag, ...rows.map(([key]) => Buffer.concat([tag, Buffer.from(':'), key]))]
      const values = rows.map(([, row]) => Buffer.from(row ?? []))
      const args = [
        ...keys,
        ...[sequence, previous, newest, liveMs].map(String),
        ...values,
        ...lasting.map((at) => String(at + 2)),
      ]
      const expected = new Command(script[0], [script[1], keys.length, ...args])
      const written = writer.write(script, tag, change, { liveMs, lasting })
      expect(written.equals(Buffer.from(expected.toWritable({})))).toBe(true)
    }),
  )
})

test('a cluster finds its node by the key of the position', () => {
  const tag = Buffer.from('{likes.3}')
  const command = applyCommand(Command, ['evalsha', 'a'.repeat(40)], tag, Buffer.from('bytes'))
  expect(command.getKeys()).toEqual([tag])
  expect(command.toWritable({})).toEqual(Buffer.from('bytes'))
})
