import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

const DIRECTORY = join(import.meta.dirname, '..', '..', 'web')
const INDEX = 'index.html'

/** Files of the page, by what their names end with; others in its directory are not served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.js': 'text/javascript; charset=utf-8',
}

/**
 * Nothing but the page's own files runs, loads, is embedded or is asked; and no script may make HTML of text, so
 * what people write in posts stays text whatever the page does.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // A browser asks each time, and is told that nothing changed: no page is mixed of two versions.
  'cache-control': 'no-cache',
} as const

interface PageFile {
  readonly name: string
  readonly type: string
  readonly body: Buffer
  readonly etag: string
}

/** `GET /` and `/web/...`: the files of the page, read once. */
export const pageRoutes = (app: FastifyInstance): void => {
  for (const file of pageFiles()) {
    app.get(file.name === INDEX ? '/' : `/web/${file.name}`, { schema: { hide: true } }, answerWith(file))
  }
}

const pageFiles = (): readonly PageFile[] =>
  readdirSync(DIRECTORY)
    .filter((name) => Object.hasOwn(TYPES, extname(name)))
    .map((name) => {
      const body = readFileSync(join(DIRECTORY, name))
      const etag = `"${createHash('sha256').update(body).digest('base64url')}"`
      return { name, type: TYPES[extname(name)]!, body, etag }
    })

const answerWith =
  ({ type, body, etag }: PageFile) =>
  (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    void reply.headers(HEADERS).header('etag', etag)
    const known = request.headers['if-none-match']?.split(/\s*,\s*/) ?? []
    if (known.includes(etag) || known.includes(`W/${etag}`)) return reply.code(304).send()
    return reply.type(type).send(body)
  }
