import { integrity, isAllowed } from '../../processors/integrity.ts'

/** What moderation forbids or holds down stays on Redis though other judgements do not: without a row it would be allowed. */
export const isLastingRow = (store: string, row: Buffer): boolean =>
  store === integrity.name && !isAllowed(row)
