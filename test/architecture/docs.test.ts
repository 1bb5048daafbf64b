import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Pages by people; what is generated is held by who generates it. */
const PAGES = globSync('{*.md,*/README.md,cli/*/README.md,docs/*.md}').toSorted()
const ARCHITECTURE = 'ARCHITECTURE.md'
const ARCHITECTURE_BYTES_MAX = 40_000
const DECISION_WORDS_MAX = 130

/** Drawn by code (`npm run draw`), and held by the tests of that. */
const DRAWN = ['docs/settings.md', 'docs/ranking.md']

const LINK = /\]\((?!https?:)([^)\s#]*)(?:#([^)\s]*))?\)/g

/** As GitHub makes anchors of headings. */
const anchorsOf = (page: string): readonly string[] =>
  [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

describe('the pages', () => {
  it.each(PAGES)('%s links to files and headings that there are', (page) => {
    for (const [link, path, anchor] of readFileSync(page, 'utf8').matchAll(LINK)) {
      const target = path === '' ? page : join(dirname(page), path!)
      if (DRAWN.includes(target)) continue
      expect(existsSync(target), `${page}: ${link}`).toBe(true)
      if (anchor !== undefined) expect(anchorsOf(target), `${page}: ${link}`).toContain(anchor)
    }
  })
})

describe(ARCHITECTURE, () => {
  const text = readFileSync(ARCHITECTURE, 'utf8')

  it('can be read in one go: it is short, and so is each of its decisions', () => {
    expect(Buffer.byteLength(text)).toBeLessThan(ARCHITECTURE_BYTES_MAX)
    const decisions = text.split(/^#### /m).slice(1)
    expect(decisions.length).toBeGreaterThan(50)
    for (const decision of decisions) {
      const [own] = decision.split(/^##/m)
      const words = own!.replaceAll(/\]\([^)]*\)/g, ']').split(/\s+/)
      expect(words.length, words.slice(0, 8).join(' ')).toBeLessThanOrEqual(DECISION_WORDS_MAX)
    }
  })

  it('names tests that there are', () => {
    const kept = [...text.matchAll(/_Kept by_ [^\n]*/g)].flatMap(([sentence]) => [
      ...sentence.matchAll(/`([a-z-]+\/[a-z/-]+)`/g),
    ])
    const named = kept.map(([, path]) => path!)
    expect(named.length).toBeGreaterThan(60)
    for (const path of named) {
      const file = path.endsWith('/') ? path.replace(/^(?:test\/)?/, 'test/') : `test/${path}.test.ts`
      expect(existsSync(file), file).toBe(true)
    }
  })
})
