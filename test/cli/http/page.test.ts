import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Running } from '../running.ts'

const SERVED = readdirSync('web').filter((name) => /\.(css|js|svg)$/.test(name))

test('the page and each of its files is there, of its own type', async () => {
  const running = await Running.start()
  const page = await running.get('/')
  expect(page.status).toBe(200)
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(SERVED).toContain('main.js')
  for (const name of SERVED) {
    const { status, headers } = await running.get(`/web/${name}`)
    expect([name, status]).toEqual([name, 200])
    expect(headers.get('content-type')).toMatch(/^(text\/(javascript|css); charset=utf-8|image\/svg\+xml)$/)
  }
})

test('nothing else is', async () => {
  const running = await Running.start()
  for (const path of [
    'tsconfig.json',
    'shapes.ts',
    'index.html',
    '../package.json',
    '%2e%2e/package.json',
    'nope.js',
    '',
  ]) {
    expect([path, (await running.get(`/web/${path}`)).status]).toEqual([path, 404])
  }
})

test('a browser is told to run nothing but these files, and to make no HTML of text', async () => {
  const running = await Running.start()
  for (const path of ['/', '/web/main.js']) {
    const { headers } = await running.get(path)
    const policy = headers.get('content-security-policy')!
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(policy).toContain("require-trusted-types-for 'script'")
    expect(policy).not.toContain('unsafe')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  }
  const { body } = await running.get('/')
  expect(String(body['text'])).not.toMatch(/<script(?![^>]* src=)|\son\w+=|\sstyle=/)
})

test('a file that a browser has already is not sent again', async () => {
  const running = await Running.start()
  const { headers } = await running.get('/')
  const etag = headers.get('etag')!
  const again = async (known: string): Promise<[number, string]> => {
    const response = await fetch(running.url, { headers: { 'if-none-match': known } })
    return [response.status, (await response.text()).slice(0, 9)]
  }
  expect(await again(etag)).toEqual([304, ''])
  expect(await again(`"other", W/${etag}`)).toEqual([304, ''])
  expect(await again('"other"')).toEqual([200, '<!doctype'])
  expect(headers.get('cache-control')).toBe('no-cache')
})
