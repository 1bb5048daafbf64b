import type { SASLOptions as LibraryOptions } from '@platformatic/kafka'
import { readFile } from 'node:fs/promises'
import type { KafkaLibrary } from './library.ts'
import type { SaslOptions } from './options.ts'

/** How the library is to log in. */
export const loginOf = (library: KafkaLibrary, sasl: SaslOptions): LibraryOptions => {
  if (sasl.mechanism !== 'OAUTHBEARER') return sasl
  const { mechanism, tokenFile } = sasl
  return {
    mechanism,
    token: async () => (await readFile(tokenFile, 'utf8')).trim(),
    // A broker says what is wrong with a token in an answer that is no error; the library would take it for a welcome.
    authBytesValidator: (said, callback) =>
      said.length === 0
        ? callback(null, said)
        : callback(new library.AuthenticationError(`the token was refused: ${said.toString()}`), said),
  }
}
