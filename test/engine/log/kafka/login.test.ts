import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadLibrary } from '../../../../engine/log/kafka/library.ts'
import { loginOf } from '../../../../engine/log/kafka/login.ts'
import { temporaryDirectory } from '../../../cli/temporary.ts'

test('a token is read from its file at each login, for tokens end', async () => {
  const tokenFile = join(await temporaryDirectory(), 'token')
  const { token } = loginOf(await loadLibrary(), { mechanism: 'OAUTHBEARER', tokenFile })
  const read = token as () => Promise<string>
  await expect(read()).rejects.toThrow('ENOENT')
  await writeFile(tokenFile, 'first\n')
  expect(await read()).toBe('first')
  await writeFile(tokenFile, 'second')
  expect(await read()).toBe('second')
})

test('a login is refused where the broker says what is wrong with the token', async () => {
  const library = await loadLibrary()
  const { authBytesValidator } = loginOf(library, { mechanism: 'OAUTHBEARER', tokenFile: 'token' })
  const heard = (said: string): Promise<Error | null> =>
    new Promise((resolve) => {
      authBytesValidator!(Buffer.from(said), (error: Error | null) => resolve(error))
    })
  expect(await heard('')).toBeNull()
  const refused = await heard('{"status":"invalid_token"}')
  expect(refused).toBeInstanceOf(library.AuthenticationError)
  expect(refused!.message).toContain('invalid_token')
})
