import { keyOf } from '../../engine/key.ts'
import { idBreaks } from '../../schemas/declare/text.ts'
import { CONTRACT_RULES } from '../../schemas/index.ts'
import { CliError } from '../errors.ts'

/** The key that ids make. Throws `USAGE` for what is no id. */
export const keyOfIds = (ids: readonly string[]): Buffer => {
  for (const id of ids) {
    const rule = idBreaks(id)
    if (rule !== null) throw new CliError('USAGE', `key: ${CONTRACT_RULES[rule].about}`)
  }
  return keyOf(...ids)
}
