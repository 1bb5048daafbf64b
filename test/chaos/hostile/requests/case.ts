import { requestBytes } from '../raw-http.ts'

/** What must come back: a status with its code (null: an answer that is no error), or a closed connection. */
export type Expected = { readonly status: number; readonly code: string | null } | 'closed'

export interface RequestCase {
  readonly name: string
  readonly bytes: Buffer
  /** Any of these. */
  readonly expected: readonly Expected[]
}

export const refused = (status: number, code: string): Expected => ({ status, code })

export const OK: Expected = { status: 200, code: null }
export const BAD_REQUEST = refused(400, 'BAD_REQUEST')
export const NOT_FOUND = refused(404, 'NOT_FOUND')
export const METHOD_NOT_ALLOWED = refused(405, 'METHOD_NOT_ALLOWED')
export const TOO_LARGE = refused(413, 'BODY_TOO_LARGE')

export const JSON_TYPE = 'application/json'
export const LINES_TYPE = 'application/x-ndjson'

const NAME_CHARACTERS_MAX = 80

export const ask = (method: string, target: string, ...expected: readonly Expected[]): RequestCase => ({
  name: `${method} ${target}`.slice(0, NAME_CHARACTERS_MAX),
  bytes: requestBytes(method, target),
  expected,
})

/** A request as text or bytes of its own. */
export const raw = (name: string, text: string | Buffer, ...expected: readonly Expected[]): RequestCase => ({
  name,
  bytes: Buffer.from(text),
  expected,
})

/** Anything at all as a query's value; half a surrogate pair cannot be. */
export const encoded = (text: string): string => encodeURIComponent(text.toWellFormed())
