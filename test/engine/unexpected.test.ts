import { expect, test } from 'vitest'
import { EngineError } from '../../engine/errors.ts'
import { coded, UNEXPECTED_MAX, UnexpectedFailures } from '../../engine/unexpected.ts'

test('a failure keeps its code; one without is unexpected, and says what it was', () => {
  const known = new EngineError('DISK_FULL', 'no space left')
  expect(coded(known)).toBe(known)
  const cause = new TypeError('x is not a function')
  expect(coded(cause)).toMatchObject({ code: 'UNEXPECTED', detail: 'TypeError: x is not a function', cause })
})

test('a task is stuck after so many unexpected failures in a row, each task for itself', () => {
  const failures = new UnexpectedFailures()
  const cause = new TypeError('x is not a function')
  const told = (task: string, count: number): string[] =>
    Array.from({ length: count }, () => failures.judged(task, coded(cause)).code)
  const passing = Array.from({ length: UNEXPECTED_MAX - 1 }, () => 'UNEXPECTED')
  expect(told('user-0', UNEXPECTED_MAX - 1)).toEqual(passing)
  failures.passed('user-0')
  expect(told('user-0', UNEXPECTED_MAX - 1)).toEqual(passing)
  expect(told('user-1', UNEXPECTED_MAX - 1)).toEqual(passing)
  expect(failures.judged('user-0', new EngineError('DISK_FULL', 'no space left')).code).toBe('DISK_FULL')
  expect(failures.judged('user-0', coded(cause))).toMatchObject({
    code: 'TASK_STUCK',
    recovery: 'stop',
    detail: `task user-0 failed ${UNEXPECTED_MAX} times in a row, the last time on: ${String(cause)}`,
    cause,
  })
})
