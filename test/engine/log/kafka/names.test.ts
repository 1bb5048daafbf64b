import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KafkaNames } from '../../../../engine/log/kafka/names.ts'

const names = new KafkaNames('app.')
const text = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' })

describe('names on the brokers', () => {
  test('are legal, and give back the name', () => {
    fc.assert(
      fc.property(text, (name) => {
        expect(names.topic(name)).toMatch(/^[a-zA-Z0-9._-]{1,249}$/)
        expect(names.nameOf(names.topic(name))).toBe(name)
      }),
    )
  })

  test('are those of publishers where Kafka allows it', () => {
    expect(new KafkaNames('').topic('user-kind.v2')).toBe('user-kind.v2')
  })

  test.each(['__consumer_offsets', '_schemas', 'app.changelog__user', 'other.events', 'app.', 'app.a_'])(
    'of "%s" there is none here: it is not a topic of this log',
    (topic) => {
      expect(names.nameOf(topic)).toBeUndefined()
    },
  )

  test('of changelogs never meet those of topics; tasks of a key space share one', () => {
    fc.assert(
      fc.property(text, fc.nat(100), (keySpace, partition) => {
        const place = names.changelog(`${keySpace}-${partition}`)
        expect(names.nameOf(place.topic)).toBeUndefined()
        expect(place).toEqual({ topic: names.changelog(`${keySpace}-0`).topic, partition })
      }),
    )
    expect(names.changelog('user-7')).toEqual({ topic: 'app.changelog__user', partition: 7 })
  })

  test('are refused when Kafka would cut them, and so is a prefix that it does not take', () => {
    expect(() => names.topic('x'.repeat(250))).toThrow('TOPIC_MISMATCH')
    expect(() => new KafkaNames('a_b')).toThrow('TOPIC_MISMATCH')
  })
})
