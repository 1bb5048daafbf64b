import { expect, test } from 'vitest'
import { post } from '../../cli/community.ts'
import { Running } from '../../cli/running.ts'

interface Operation {
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]
  readonly responses: Readonly<Record<string, { readonly content?: object }>>
}
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

/** For people and processes beside the server, whose answers are no promise; see `hide` in cli/http/. */
const LEFT_OUT = ['/metrics', '/v1/viewers', '/admin/v1/status']

test('the OpenAPI document names every route that apps use and those that say whether it runs, each with its answers, and none for people beside it', async () => {
  const running = await Running.start()
  const { status, body } = await running.get('/openapi.json')
  expect([status, body['openapi']]).toEqual([200, '3.1.0'])
  const paths = body['paths'] as Paths
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  )
  expect(operations.sort()).toEqual([
    'get /healthz',
    'get /readyz',
    'get /v1/feed',
    'get /v1/feed/{requestId}/explain/{postId}',
    'post /v1/events',
  ])
  for (const methods of Object.values(paths)) {
    for (const { summary, tags, responses } of Object.values(methods)) {
      expect(summary).toBeTruthy()
      expect(tags).toHaveLength(1)
      for (const answer of Object.values(responses)) expect(answer.content).toBeDefined()
    }
  }
  for (const path of LEFT_OUT) {
    const answer = await fetch(`${running.url}${path}`)
    expect(answer.status, path).toBe(200)
    await answer.body?.cancel()
  }
  const { parameters, responses } = paths['/v1/feed']!['get']!
  expect(parameters!.map(({ name }) => name)).toEqual([
    'userId',
    'limit',
    'cursor',
    'asOf',
    'device',
    'surface',
    'preview',
  ])
  expect(parameters!.filter(({ required }) => required).map(({ name }) => name)).toEqual(['userId'])
  expect(Object.keys(responses)).toEqual(['200', '400', '403', '409', '431', '500', '503'])
})

test('answers hold all that is declared: nothing is lost on the way out', async () => {
  const running = await Running.start()
  await running.take([post('p1', 'bea')])
  const direct = await running.serving.feeds.page(
    {
      userId: 'ada' as never,
      limit: 5,
      asOf: Date.now() as never,
      device: null,
      surface: null,
      preview: true,
    },
    null,
  )
  const { items } = await running.feed({ userId: 'ada', asOf: direct.meta.asOf, preview: 'true' })
  expect(items).toEqual(JSON.parse(JSON.stringify(direct.items)))
})
