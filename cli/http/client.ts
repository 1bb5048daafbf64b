import { CliError, systemCodeOf } from '../errors.ts'

export interface Answer {
  readonly status: number
  /** Parsed JSON; null where the answer is none. */
  readonly body: unknown
  readonly retryAfterSeconds: number | null
}

export interface RequestBody {
  readonly type: string
  readonly bytes: Buffer
}

/** Where the token of the server that is asked comes from: as that of one's own. */
const TOKEN = 'FRESHET_HTTP_TOKEN'

/** One HTTP request: a POST where there is a body. Throws `NOT_REACHABLE` when nothing answers. */
export const ask = async (url: string, body?: RequestBody): Promise<Answer> => {
  try {
    const token = process.env[TOKEN]
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': body.type }),
    }
    const response = await fetch(url, { headers, ...(body && { method: 'POST', body: body.bytes }) })
    const text = await response.text()
    const retryAfter = Number(response.headers.get('retry-after') ?? NaN)
    return {
      status: response.status,
      body: parsed(text),
      retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : null,
    }
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    const why = systemCodeOf(cause) ?? (cause instanceof Error ? cause.message : String(error))
    throw new CliError('NOT_REACHABLE', `${new URL(url).origin}: ${why}`, { cause: error })
  }
}

/** What an answer that refuses says of itself, its code first; most messages begin with it. */
export const refusalText = ({ status, body }: Pick<Answer, 'status' | 'body'>): string => {
  const { code = `HTTP ${status}`, message = 'no reason given' } = (body ?? {}) as Refused
  return message.startsWith(`${code}: `) ? message : `${code}: ${message}`
}

interface Refused {
  readonly code?: string
  readonly message?: string
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
