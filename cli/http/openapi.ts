import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { SECURITY_SCHEME } from './access.ts'

const manifest = (): { readonly version: string; readonly description: string } =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as ReturnType<
    typeof manifest
  >

/**
 * `GET /openapi.json`: every route that apps use and those that say whether it runs, from the schemas that check requests
 * and write answers. What only people and processes beside the server use is left out.
 */
export const describeRoutes = (app: FastifyInstance, asksForToken: boolean): void => {
  const { version, description } = manifest()
  void app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Freshet', description, version },
      tags: [
        { name: 'feed', description: 'What is asked for people.' },
        { name: 'events', description: 'What publishers send.' },
        { name: 'operations', description: 'Whether and how it runs.' },
      ],
      ...(asksForToken && {
        components: { securitySchemes: { [SECURITY_SCHEME]: { type: 'http', scheme: 'bearer' } } },
      }),
    },
  })
  void app.register(async (scope) => {
    scope.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  })
}
