import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onPath, run } from '../command.ts'
import { ServiceUnavailable, type ClientCertificate } from '../port.ts'

const OPENSSL_MS_MAX = 30_000
const DAYS = '2'
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

export interface Certificates {
  /** Files in PEM. */
  readonly authorityFile: string
  readonly certificateFile: string
  readonly keyFile: string
  /** Key and certificate in one file, as Kafka's `PEM` key stores are. */
  readonly keyStoreFile: string
  /** The authority's certificate. */
  readonly authority: string
  readonly client: ClientCertificate
}

/** The program; throws `ServiceUnavailable` where there is none. */
export const openssl = async (): Promise<string> => {
  const program = await onPath('openssl')
  if (program === undefined) throw new ServiceUnavailable('no "openssl" on PATH: install OpenSSL')
  return program
}

/**
 * An authority of its own, and certificates signed by it: one for a server on the loopback interface, one for a
 * client. Valid for two days. Throws `ServiceUnavailable` where there is no openssl.
 */
export const makeCertificates = async (directory: string): Promise<Certificates> => {
  const program = await openssl()
  const ask = (...args: string[]): Promise<string> =>
    run(program, args, { cwd: directory, timeoutMs: OPENSSL_MS_MAX })
  await ask('req', '-x509', ...KEY, ...files('authority'), '-days', DAYS, '-subj', '/CN=Test authority')
  await sign(ask, directory, 'server', 'subjectAltName=IP:127.0.0.1,DNS:localhost')
  await sign(ask, directory, 'client', 'extendedKeyUsage=clientAuth')
  const read = (file: string): Promise<string> => readFile(join(directory, file), 'utf8')
  const keyStoreFile = join(directory, 'server.pem')
  await writeFile(keyStoreFile, (await read('server.key')) + (await read('server.crt')))
  return {
    authorityFile: join(directory, 'authority.crt'),
    certificateFile: join(directory, 'server.crt'),
    keyFile: join(directory, 'server.key'),
    keyStoreFile,
    authority: await read('authority.crt'),
    client: { certificate: await read('client.crt'), key: await read('client.key') },
  }
}

const sign = async (
  ask: (...args: string[]) => Promise<string>,
  directory: string,
  name: string,
  extensions: string,
): Promise<void> => {
  await writeFile(join(directory, `${name}.ext`), extensions)
  await ask('req', ...KEY, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
  const authority = ['-CA', 'authority.crt', '-CAkey', 'authority.key', '-CAcreateserial']
  const signed = ['-in', `${name}.csr`, '-out', `${name}.crt`, '-extfile', `${name}.ext`]
  await ask('x509', '-req', ...signed, ...authority, '-days', DAYS)
}

const files = (name: string): string[] => ['-keyout', `${name}.key`, '-out', `${name}.crt`]
