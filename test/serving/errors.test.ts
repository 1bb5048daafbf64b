import { expect, test } from 'vitest'
import { RECOVERIES } from '../../engine/errors.ts'
import { SERVING_ERRORS, ServingError, type ServingErrorCode } from '../../serving/errors.ts'

test('every code says how to recover', () => {
  for (const [code, { recovery }] of Object.entries(SERVING_ERRORS)) {
    expect(Object.keys(RECOVERIES), code).toContain(recovery)
    const error = new ServingError(code as ServingErrorCode, 'stage x')
    expect(error).toMatchObject({ code, recovery, message: `${code}: stage x` })
  }
})
