import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contract } from '../../../schemas/contract.ts'
import type { Json } from '../../../schemas/declare/kind.ts'
import { optional, record } from '../../../schemas/declare/record.ts'
import { label } from '../../../schemas/declare/text.ts'
import { reactions, reactionV1, type Reaction } from '../../../schemas/reactions/index.ts'
import type { RegistryErrorCode } from '../../../schemas/registry/errors.ts'
import { RemoteSchemas, type RegisteredContract } from '../../../schemas/registry/remote.ts'
import { realServices } from '../../../services/index.ts'
import { freePorts } from '../../../services/ports.ts'
import type { RegistryService } from '../../../services/port.ts'
import { missing, START_MS_MAX } from '../../services/here.ts'
import { encode, everyContract, examplesOf } from '../support.ts'

const noRegistry = await missing('registry')

const secondVersion = record('Reaction', 'With the client that sent it.', {
  ...Object.fromEntries(reactionV1.fields),
  client: optional(label(), 'The client that sent it.'),
})
const evolved = contract<Reaction & { readonly client: string | null }>({
  topic: 'reactions',
  about: 'A test-only second version.',
  visibility: 'public',
  ordinal: 2,
  keyAbout: 'userId',
  keyOf: reactions.keyOf,
  timeOf: reactions.timeOf,
  newest: { version: 2, record: secondVersion },
  older: [{ version: 1, record: reactionV1 }],
})

const refusal = (code: RegistryErrorCode) => expect.objectContaining({ code })

/** The first version, under a topic of one test. */
const as = (topic: string, schemas: readonly Json[] = reactions.schemas): RegisteredContract => ({
  topic,
  schemas,
})

type Field = Readonly<Record<string, Json>>

/** The first version with other fields. */
const changed = (change: (fields: readonly Field[]) => readonly Field[]): Json => {
  const schema = reactions.schema as { readonly fields: readonly Field[] }
  return { ...schema, fields: change(schema.fields) }
}

describe.skipIf(noRegistry !== undefined)(`a schema registry ${noRegistry ?? ''}`, () => {
  let registry: RegistryService
  const open = (...contracts: readonly RegisteredContract[]): Promise<RemoteSchemas> =>
    RemoteSchemas.open({ url: registry.url }, contracts)

  beforeAll(async () => {
    registry = await realServices.registry()
  }, START_MS_MAX)
  afterAll(() => registry.stop())

  test('takes every contract, and gives each the same id the next time', async () => {
    const first = await open(...everyContract)
    const again = await open(...everyContract)
    for (const { topic, version, schema } of everyContract) {
      const id = first.idOf(topic, version)
      expect(again.idOf(topic, version)).toBe(id)
      expect(first.find(id)).toEqual(schema)
    }
  })

  test('is opened by several that begin together, of which each finds what another registers', async () => {
    const contracts = Array.from({ length: 8 }, (_, number) => as(`together-${number}`))
    const opened = await Promise.all(Array.from({ length: 6 }, () => open(...contracts)))
    for (const { topic } of contracts) expect(new Set(opened.map((each) => each.idOf(topic, 1))).size).toBe(1)
  })

  test('gives ids under which records are written and read', async () => {
    const source = await open(...everyContract)
    const over = reactions.over(source)
    const reaction = reactions.fromJson(examplesOf('reactions')[0])
    const bytes = encode(over, reaction)
    expect(bytes.readUInt32BE(1)).toBe(source.idOf('reactions', 1))
    expect(over.decode(bytes, 0, bytes.length)).toEqual(reaction)
  })

  test('lets a field be added with a default: the old reader loads the new schema, the new one reads the old', async () => {
    const topic = 'evolving'
    const old = await open(as(topic))
    const renewed = await open(as(topic, evolved.schemas))
    const [oldId, newId] = [renewed.idOf(topic, 1), renewed.idOf(topic, 2)]
    expect(oldId).toBe(old.idOf(topic, 1))
    expect(old.find(newId)).toBeUndefined()
    expect(await old.load(newId)).toBe(true)
    expect(old.find(newId)).toEqual(evolved.schema)
    // Whoever still runs the first version may start again.
    expect((await open(as(topic))).idOf(topic, 1)).toBe(oldId)
  })

  test.each([
    [
      'a field that is gone',
      changed((fields) => fields.filter(({ name }) => name !== 'postId')),
      'postId was removed',
    ],
    [
      'a field without a default',
      changed((fields) => [...fields, { name: 'client', type: 'string' }]),
      'client was added without a default',
    ],
    [
      'another type',
      changed((fields) =>
        fields.map((field) => (field['name'] === 'at' ? { ...field, type: 'string' } : field)),
      ),
      'at: the type changed',
    ],
  ])('refuses %s, and says what to do', async (about, schema, said) => {
    const topic = `breaking-${about.replaceAll(' ', '-')}`
    await open(as(topic))
    const opening = open(as(topic, [reactions.schema, schema]))
    await expect(opening).rejects.toEqual(refusal('SCHEMA_REFUSED'))
    await expect(open(as(topic, [reactions.schema, schema]))).rejects.toThrow(said)
    expect((await open(as(topic))).idOf(topic, 1)).toBeGreaterThan(0)
  })

  /** As any client does; answers the status. */
  const registerBy = async (topic: string, schema: Json): Promise<number> => {
    const response = await fetch(`${registry.url}/subjects/${topic}-value/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema: JSON.stringify(schema) }),
    })
    return response.status
  }
  const breaking = (): Json => changed((fields) => fields.slice(1))

  test("refuses another client's breaking schema by itself", async () => {
    await open(as('protected'))
    expect(await registerBy('protected', breaking())).toBe(409)
  })

  test('refuses it as well where a publisher registered the subject before', async () => {
    expect(await registerBy('known-before', reactions.schema)).toBe(200)
    await open(as('known-before'))
    expect(await registerBy('known-before', breaking())).toBe(409)
    await open(as('known-before'))
  })

  test('is left as it is by who is refused', async () => {
    expect(await registerBy('of-others', breaking())).toBe(200)
    await expect(open(as('of-others'))).rejects.toEqual(refusal('SCHEMA_REFUSED'))
    expect(
      await registerBy(
        'of-others',
        changed((fields) => fields.slice(2)),
      ),
    ).toBe(200)
  })

  test('has no schema for an id that nobody was given', async () => {
    const source = await open()
    expect(await source.load(1_000_000)).toBe(false)
    expect(source.find(1_000_000)).toBeUndefined()
    expect(() => source.idOf('reactions', 1)).toThrow('no schema of reactions v1')
  })
})

describe('where there is no registry', () => {
  test('nothing listening is told', async () => {
    const [port] = await freePorts(1)
    const opening = RemoteSchemas.open({ url: `http://127.0.0.1:${port!}` }, [as('reactions')])
    await expect(opening).rejects.toEqual(refusal('REGISTRY_UNAVAILABLE'))
  })

  test.each([
    [200, '<html>a login page</html>'],
    [200, '{"unexpected":true}'],
    [401, '{"error_code":401,"message":"Unauthorized"}'],
    [500, 'broken'],
  ])('what answers %d %s is not taken for one', async (status, text) => {
    const server = createServer((_request, response) => response.writeHead(status).end(text))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const opening = RemoteSchemas.open({ url: `http://127.0.0.1:${port}/` }, [as('reactions')])
    await expect(opening).rejects.toEqual(refusal('REGISTRY_UNAVAILABLE'))
    server.close()
  })
})
