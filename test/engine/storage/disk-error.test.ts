import { expect, test } from 'vitest'
import { EngineError } from '../../../engine/errors.ts'
import { diskError } from '../../../engine/storage/disk-error.ts'

const coded = (code: string, message: string, cause?: Error): Error =>
  Object.assign(new Error(message, cause && { cause }), { code })

test.each([
  [
    'DISK_FULL',
    coded('LEVEL_IO_ERROR', 'IO error: No space left on device: While appending to file: 000008.log'),
  ],
  ['DISK_FULL', coded('ENOSPC', 'ENOSPC: no space left on device, mkdir')],
  ['DISK_FULL', coded('LEVEL_IO_ERROR', 'IO error: Disk quota exceeded: While appending to file')],
  [
    'DISK_READ_ONLY',
    coded('LEVEL_IO_ERROR', 'IO error: while open a file for lock: LOCK: Read-only file system'),
  ],
  ['DISK_READ_ONLY', coded('LEVEL_IO_ERROR', 'IO error: While opening a file: Permission denied')],
  ['DISK_FAILED', coded('LEVEL_IO_ERROR', 'IO error: Input/output error: While fdatasync: 000008.log')],
  ['STATE_CORRUPT', coded('LEVEL_CORRUPTION', 'Corruption: block checksum mismatch')],
  ['DATA_LOCKED', coded('LEVEL_LOCKED', 'IO error: lock hold by current process: LOCK: No locks available')],
])('%s: %s', (code, error) => {
  expect(diskError(error, 'writing')).toMatchObject({ code, cause: error })
  expect(diskError(error, 'writing').message).toContain('writing')
})

test('the cause of a wrapped error decides', () => {
  const cause = coded('LEVEL_LOCKED', 'IO error: lock hold by current process')
  const error = diskError(coded('LEVEL_DATABASE_NOT_OPEN', 'Database is not open', cause), 'opening data')
  expect(error.code).toBe('DATA_LOCKED')
})

test('of a directory that is open already nothing is said but that', () => {
  const cause = coded('LEVEL_LOCKED', 'IO error: lock hold by current process')
  const error = diskError(coded('LEVEL_DATABASE_NOT_OPEN', 'Database is not open', cause), 'opening data')
  expect(error.detail).toBe('opening data')
})

test('a coded error stays as it is, and anything thrown becomes one', () => {
  const closed = new EngineError('CLOSED', 'the log')
  expect(diskError(closed, 'writing')).toBe(closed)
  expect(diskError('text', 'writing')).toMatchObject({
    code: 'DISK_FAILED',
    message: 'DISK_FAILED: writing: text',
  })
})
