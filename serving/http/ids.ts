import { idBreaks } from '../../schemas/declare/text.ts'
import { CONTRACT_RULES } from '../../schemas/index.ts'
import { ServingError } from '../errors.ts'

/** An id from outside, by the contracts' rules: a NUL in it would reach into another user's keys. */
export const idFrom = <Id extends string>(text: Id, field: string): Id => {
  const rule = idBreaks(text)
  if (rule !== null)
    throw new ServingError('BAD_REQUEST', `${field}: ${CONTRACT_RULES[rule].about}`, { field })
  return text
}
