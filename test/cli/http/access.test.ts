import { describe, expect, test } from 'vitest'
import { ask } from '../../../cli/http/client.ts'
import { post } from '../community.ts'
import { Running } from '../running.ts'

const TOKEN = 'a-token-of-more-than-thirty-two-characters'
const EVENTS = JSON.stringify(post('p', 'bo'))

/** Everything else is asked for with the token: a route that is added is closed until somebody opens it. */
const OPEN = ['/', '/web/main.js', '/healthz', '/readyz', '/metrics', '/openapi.json']
const CLOSED = [
  '/v1/feed?userId=ada',
  '/v1/feed/5f2c4e0a-58f2-4f5b-9d53-0a3f6d3a9f11/explain/p',
  '/v1/viewers',
  '/admin/v1/status',
  '/admin/v1/stores/user-author/row?key=ada&key=bo',
  '/admin/v1/models',
  '/admin/v1/learning',
]

const saying = (url: string, token?: string): Promise<Response> =>
  fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })

describe('a server with a token', () => {
  test('answers on routes that tell of nobody, whoever asks', async () => {
    const { url } = await Running.start({ token: TOKEN })
    for (const path of OPEN) expect((await saying(`${url}${path}`)).status, path).toBe(200)
    const live = await saying(`${url}/v1/live`)
    expect(live.status).toBe(200)
    await live.body?.cancel()
  })

  test('answers nobody else without it, and says what is missing', async () => {
    const { url } = await Running.start({ token: TOKEN })
    const wrong = [undefined, '', TOKEN.slice(1), `${TOKEN}x`, TOKEN.toUpperCase()]
    for (const path of CLOSED) {
      for (const token of wrong) {
        const answer = await saying(`${url}${path}`, token)
        expect(answer.status, path).toBe(401)
        expect(answer.headers.get('www-authenticate')).toBe('Bearer')
        expect(await answer.json()).toEqual({
          code: 'UNAUTHORIZED',
          message: expect.stringContaining('authorization: Bearer TOKEN'),
        })
      }
      expect((await saying(`${url}${path}`, TOKEN)).status, path).not.toBe(401)
    }
  })

  test('takes no event without it, and does not even read it', async () => {
    const running = await Running.start({ token: TOKEN })
    const { status, body } = await running.post('/v1/events', EVENTS)
    expect({ status, code: body['code'] }).toEqual({ status: 401, code: 'UNAUTHORIZED' })
    expect((await running.post('/v1/events', '{')).status).toBe(401)
    const headers = { authorization: `bearer ${TOKEN}`, 'content-type': 'application/json' }
    const taken = await fetch(`${running.url}/v1/events`, { method: 'POST', headers, body: EVENTS })
    expect(await taken.json()).toEqual({ accepted: 1, refused: [] })
  })

  test('says so in its OpenAPI document, by route', async () => {
    const { url } = await Running.start({ token: TOKEN })
    const { components, paths } = (await (await saying(`${url}/openapi.json`)).json()) as Described
    expect(components?.securitySchemes).toEqual({ token: { type: 'http', scheme: 'bearer' } })
    expect(paths['/v1/feed']!.get).toMatchObject({ security: [{ token: [] }], responses: { 401: {} } })
    expect(paths['/healthz']!.get).not.toHaveProperty('security')
  })

  test('is asked by commands with the token of the environment', async () => {
    const { url } = await Running.start({ token: TOKEN })
    expect((await ask(`${url}/v1/feed?userId=ada`)).status).toBe(401)
    process.env['FRESHET_HTTP_TOKEN'] = TOKEN
    try {
      expect((await ask(`${url}/v1/feed?userId=ada`)).status).toBe(200)
    } finally {
      delete process.env['FRESHET_HTTP_TOKEN']
    }
  })
})

interface Described {
  readonly components?: { readonly securitySchemes?: object }
  readonly paths: Readonly<Record<string, { readonly get?: object }>>
}

test('a server without a token answers everybody, and its document asks for none', async () => {
  const { url } = await Running.start()
  expect((await saying(`${url}/v1/feed?userId=ada`)).status).toBe(200)
  const { components, paths } = (await (await saying(`${url}/openapi.json`)).json()) as Described
  expect(components?.securitySchemes).toBeUndefined()
  expect(paths['/v1/feed']!.get).not.toHaveProperty('security')
})
