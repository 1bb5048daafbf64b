import { readFileSync } from 'node:fs'
import avsc from 'avsc'
import { describe, expect, it } from 'vitest'
import { asyncApi } from '../../schemas/asyncapi.ts'
import { generated } from '../../schemas/generate.ts'
import { everyContract } from './support.ts'

const files = await generated()

describe('generated files', () => {
  it.each([...files.keys()])('%s is what is committed; if not, run: node schemas/generate.ts', (path) => {
    expect(readFileSync(new URL(`../../schemas/${path}`, import.meta.url), 'utf8')).toBe(files.get(path))
  })

  it.each(everyContract)('of $topic are Avro that any reader parses', ({ topic, version }) => {
    const schema: unknown = JSON.parse(files.get(`${topic}/v${version}.avsc`)!)
    expect(avsc.Type.forSchema(schema as avsc.Schema).name).toMatch(/^freshet\./)
  })
})

describe('the AsyncAPI document', () => {
  it('has references that lead somewhere', () => {
    const document = asyncApi()
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/channels\/([^"]+)"/g)]
    expect(references.length).toBe(everyContract.length + 1)
    const channels = (document as { channels: Readonly<Record<string, unknown>> }).channels
    for (const [, name] of references) expect(channels).toHaveProperty(name!)
  })
})
