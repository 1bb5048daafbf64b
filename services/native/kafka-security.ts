import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { SecureKafka } from '../port.ts'
import { makeCertificates, type Certificates } from './certificates.ts'
import { SCRAM } from './kafka-files.ts'

/** The one user there is. */
export const USER = { username: 'freshet', password: 'secret-of-tests' } as const

const MODULES = 'org.apache.kafka.common.security'
/** Names of listeners, and what they speak. */
const LISTENERS = ['SSL', 'SASL_SSL', 'SASL_PLAINTEXT'] as const
export const SECURE_PORTS = LISTENERS.length

export interface Security {
  readonly listeners: readonly string[]
  readonly settings: Readonly<Record<string, string>>
  readonly secure: SecureKafka
}

/** Listeners with TLS and SASL on three ports, with certificates made for them below a directory. */
export const securityOf = async (root: string, ports: readonly number[]): Promise<Security> => {
  const directory = join(root, 'certificates')
  await mkdir(directory)
  const certificates = await makeCertificates(directory)
  const addresses = ports.map((port) => `127.0.0.1:${port}`)
  const [tls, saslTls, sasl] = addresses
  const { authority, client } = certificates
  return {
    listeners: LISTENERS.map((name, index) => `${name}://${addresses[index]!}`),
    settings: { ...tlsSettings(certificates), ...saslSettings() },
    secure: { tls: tls!, saslTls: saslTls!, sasl: sasl!, user: USER, authority, client },
  }
}

const tlsSettings = ({ keyStoreFile, authorityFile }: Certificates): Record<string, string> => ({
  'ssl.keystore.type': 'PEM',
  'ssl.keystore.location': keyStoreFile,
  'ssl.truststore.type': 'PEM',
  'ssl.truststore.location': authorityFile,
  'listener.name.ssl.ssl.client.auth': 'required',
})

const saslSettings = (): Record<string, string> => {
  const settings: Record<string, string> = { 'sasl.enabled.mechanisms': ['PLAIN', ...SCRAM].join(',') }
  for (const listener of ['sasl_ssl', 'sasl_plaintext']) {
    const { username, password } = USER
    settings[`listener.name.${listener}.plain.sasl.jaas.config`] =
      `${MODULES}.plain.PlainLoginModule required user_${username}="${password}";`
    for (const mechanism of SCRAM) {
      settings[`listener.name.${listener}.${mechanism.toLowerCase()}.sasl.jaas.config`] =
        `${MODULES}.scram.ScramLoginModule required;`
    }
  }
  return settings
}
