import { expect, test } from 'vitest'
import { addressOf } from '../../../../features/store/redis/client.ts'
import { refusal } from '../../../conformance/log-subject.ts'

test('a node is named by its host and port, an IPv6 address in brackets', () => {
  expect(addressOf('redis:6379')).toEqual({ host: 'redis', port: 6379 })
  expect(addressOf('[::1]:6380')).toEqual({ host: '::1', port: 6380 })
})

test.each(['', 'redis', ':6379', '[]:6379', 'redis:0', 'redis:x'])('%j names none', (text) => {
  expect(() => addressOf(text)).toThrow(refusal('FEATURES_UNAVAILABLE'))
})
