import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RegistryClient } from '../../../schemas/registry/client.ts'
import { onPath } from '../../../services/command.ts'
import { makeCertificates, type Certificates } from '../../../services/native/certificates.ts'

const noOpenssl = (await onPath('openssl')) === undefined

describe.skipIf(noOpenssl)('a registry behind TLS', () => {
  let certificates: Certificates
  let server: Server
  let url = ''
  let directory = ''
  const asked: (string | undefined)[] = []

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'freshet-registry-'))
    certificates = await makeCertificates(directory)
    const { keyFile, certificateFile } = certificates
    const own = { key: await readFile(keyFile), cert: await readFile(certificateFile) }
    server = createServer(own, (request, response) => {
      asked.push(request.headers.authorization)
      response.end('{"schema":"\\"string\\""}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `https://127.0.0.1:${(server.address() as { port: number }).port}`
  })
  afterAll(async () => {
    server.close()
    await rm(directory, { recursive: true, force: true })
  })

  test('is trusted where the authority that signed its certificate is', async () => {
    const client = new RegistryClient({
      url,
      ca: certificates.authority,
      username: 'ada',
      password: 'hush',
    })
    expect(await client.schema(1)).toBe('string')
    expect(asked).toEqual([`Basic ${Buffer.from('ada:hush').toString('base64')}`])
  })

  test('is told nothing where it is not, and the error says why', async () => {
    asked.length = 0
    const asking = new RegistryClient({ url }).schema(1)
    await expect(asking).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
    await expect(new RegistryClient({ url }).schema(1)).rejects.toThrow(/certificate/)
    expect(asked).toEqual([])
  })
})
