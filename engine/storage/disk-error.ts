import { EngineError, type EngineErrorCode } from '../errors.ts'

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : ''
  return error.message + cause
}

const codesOf = (error: unknown): string[] => {
  if (!(error instanceof Error)) return []
  const code = 'code' in error && typeof error.code === 'string' ? [error.code] : []
  return [...code, ...codesOf(error.cause)]
}

/** RocksDB tells its errors apart by text only: the text is strerror's. */
const BY_TEXT: readonly (readonly [RegExp, EngineErrorCode])[] = [
  [/No space left on device|Disk quota exceeded/i, 'DISK_FULL'],
  [/Read-only file system|Permission denied|Operation not permitted/i, 'DISK_READ_ONLY'],
  [/Corruption|Invalid argument|Not implemented/i, 'STATE_CORRUPT'],
]

/** Turns whatever RocksDB or the file system threw into a coded error; `doing` says what was tried. */
export const diskError = (error: unknown, doing: string): EngineError => {
  if (error instanceof EngineError) return error
  const message = messageOf(error)
  const codes = codesOf(error)
  // RocksDB says that the database is not open, which is the one thing that it is.
  if (codes.includes('LEVEL_LOCKED')) return new EngineError('DATA_LOCKED', doing, { cause: error })
  const detail = `${doing}: ${message}`
  const code = BY_TEXT.find(([text]) => text.test(message))?.[1] ?? 'DISK_FAILED'
  return new EngineError(code, detail, { cause: error })
}
