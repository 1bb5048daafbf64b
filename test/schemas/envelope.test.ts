import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JSON_DEPTH_MAX, LINE_BYTES_MAX, openEnvelope, readEnvelope } from '../../schemas/envelope.ts'
import { contracts, publicContracts } from '../../schemas/index.ts'
import { examplesOf, refusal } from './support.ts'

const read = (line: string): unknown => readEnvelope(Buffer.from(line))

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

describe('a line', () => {
  it.each(Object.keys(publicContracts))('of %s is read with its contract', (topic) => {
    const lines = readFileSync(new URL(`../../schemas/${topic}/examples.ndjson`, import.meta.url), 'utf8')
    for (const line of lines.trimEnd().split('\n')) {
      const { contract, value } = readEnvelope(Buffer.from(line))
      expect(contract.topic).toBe(topic)
      expect(contract.keyOf(value)).not.toBe('')
    }
  })

  it('is read within a larger buffer', () => {
    const line = JSON.stringify({ topic: 'erasures', value: examplesOf('erasures')[0] })
    const buffer = Buffer.from(`{{{\n${line}\n}}}`)
    expect(readEnvelope(buffer, 4, 4 + line.length).contract.topic).toBe('erasures')
  })

  it.each(Object.keys(contracts).filter((topic) => !(topic in publicContracts)))(
    'of internal %s is refused',
    (topic) => {
      const line = JSON.stringify({ topic, value: examplesOf(topic)[0] })
      expect(refusal(() => read(line))).toMatchObject({ rule: 'UNKNOWN_TOPIC', field: 'topic' })
    },
  )

  it.each([
    ['', 'NOT_JSON'],
    ['{', 'NOT_JSON'],
    ['NaN', 'NOT_JSON'],
    ['{"topic":"posts","value":{"at":NaN}}', 'NOT_JSON'],
    ['\ufeff{}', 'NOT_JSON'],
    ['null', 'ENVELOPE'],
    ['[]', 'ENVELOPE'],
    ['{}', 'ENVELOPE'],
    ['{"topic":"posts"}', 'ENVELOPE'],
    ['{"topic":"posts","value":{},"extra":1}', 'ENVELOPE'],
    ['{"topic":"posts","value":{},"__proto__":1}', 'ENVELOPE'],
    ['{"topic":"__proto__","value":{}}', 'UNKNOWN_TOPIC'],
    ['{"topic":"toString","value":{}}', 'UNKNOWN_TOPIC'],
    ['{"topic":["posts"],"value":{}}', 'UNKNOWN_TOPIC'],
    ['{"topic":"posts","value":null}', 'WRONG_TYPE'],
  ])('%j is refused as %s', (line, rule) => {
    expect(refusal(() => read(line)).rule).toBe(rule)
  })

  it('that is not UTF-8 is refused', () => {
    for (const bytes of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0xaf]]) {
      const line = Buffer.concat([Buffer.from('{"topic":"'), Buffer.from(bytes), Buffer.from('"}')])
      expect(refusal(() => readEnvelope(line)).rule).toBe('NOT_UTF8')
    }
  })

  it('of more than 1 MiB is refused, of just that much read', () => {
    expect(refusal(() => readEnvelope(Buffer.alloc(LINE_BYTES_MAX + 1, ' '))).rule).toBe('TOO_LARGE')
    expect(refusal(() => readEnvelope(Buffer.alloc(LINE_BYTES_MAX, ' '))).rule).toBe('NOT_JSON')
  })

  it('is refused before it is parsed when it is nested too deeply, closed or not', () => {
    for (const open of ['[', '{"a":', '[{"a":']) {
      expect(refusal(() => read(open.repeat(100_000))).rule).toBe('TOO_DEEP')
    }
    expect(refusal(() => read(nested(JSON_DEPTH_MAX + 1))).rule).toBe('TOO_DEEP')
    expect(refusal(() => read(nested(JSON_DEPTH_MAX))).rule).toBe('ENVELOPE')
  })

  it('has a depth that brackets in strings do not add to', () => {
    const line = JSON.stringify({
      topic: 'posts',
      value: { ...examplesOf('posts')[0], text: `\\"${'[{'.repeat(100)}` },
    })
    expect(readEnvelope(Buffer.from(line)).value).toMatchObject({ text: `\\"${'[{'.repeat(100)}` })
  })
})

describe('JSON from elsewhere', () => {
  it('is read or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(refusal(() => openEnvelope(json)).code).toBe('CONTRACT_BROKEN')
      }),
    )
  })
})
