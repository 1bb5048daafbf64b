import { isObject } from '../declare/composites.ts'
import type { Json } from '../declare/kind.ts'
import { isRefused, RegistryError } from './errors.ts'
import { type Answered, askHttp } from './http.ts'

export interface RegistryOptions {
  /** Base of Confluent's API, such as `http://localhost:8081`. */
  readonly url: string
  readonly username?: string
  readonly password?: string
  /** Authorities that sign its certificate, PEM; those of the system where there is none. */
  readonly ca?: string
}

const ANSWER_MS_MAX = 10_000
const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json'
const NOT_FOUND = 404
const CONFLICT = 409
/** How Confluent's registry, and those like it, refuse a schema that others cannot read. */
const UNPROCESSABLE = 422
/** Old and new read each other, over all versions. */
const FULL_TRANSITIVE = 'FULL_TRANSITIVE'

/** Confluent's API, as far as schemas of record values need it. Every call throws a `RegistryError`. */
export class RegistryClient {
  private readonly base: string
  private readonly headers: Readonly<Record<string, string>>
  private readonly ca: string | undefined

  constructor({ url, username, password, ca }: RegistryOptions) {
    this.base = url.replace(/\/+$/, '')
    this.ca = ca
    const credentials = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')
    this.headers = {
      'content-type': CONTENT_TYPE,
      accept: `${CONTENT_TYPE}, application/json`,
      ...(username !== undefined && { authorization: `Basic ${credentials}` }),
    }
  }

  /** The schema of an id; undefined when the registry has none. */
  async schema(id: number): Promise<Json | undefined> {
    const answer = await this.ask('GET', `/schemas/ids/${id}`)
    return answer === undefined ? undefined : schemaIn(answer, `id ${id}`)
  }

  /** A subject's schemas, oldest first. */
  async versions(subject: string): Promise<Json[]> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`
    const numbers = await this.ask('GET', path)
    if (numbers === undefined) return []
    if (!Array.isArray(numbers)) throw unexpected(path)
    const schemas: Json[] = []
    for (const number of numbers as readonly Json[]) {
      const answer = await this.ask('GET', `${path}/${JSON.stringify(number)}`)
      if (answer !== undefined) schemas.push(schemaIn(answer, `${subject} version ${JSON.stringify(number)}`))
    }
    return schemas
  }

  /** The id of a schema under a subject; undefined when it is not registered. */
  async find(subject: string, schema: Json): Promise<number | undefined> {
    const path = `/subjects/${encodeURIComponent(subject)}`
    const answer = await this.ask('POST', path, { schema: JSON.stringify(schema) })
    return answer === undefined ? undefined : idIn(answer, path)
  }

  /** Registers a schema; answers its id. Throws `SCHEMA_REFUSED` when the registry does not take it. */
  async register(subject: string, schema: Json): Promise<number> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`
    const answer = await this.ask('POST', path, { schema: JSON.stringify(schema) })
    if (answer === undefined) throw unexpected(path)
    return idIn(answer, path)
  }

  /**
   * Makes the registry refuse schemas of a subject that its other versions cannot read, or that cannot read them. One
   * that does so already is not asked to: that may need rights that reading does not.
   */
  async protect(subject: string): Promise<void> {
    if (await this.isProtected(subject)) return
    try {
      await this.ask('PUT', configPath(subject), { compatibility: FULL_TRANSITIVE })
    } catch (error) {
      // Refused to one of several that ask at once.
      if (!isRefused(error) || !(await this.isProtected(subject))) throw error
    }
  }

  private async isProtected(subject: string): Promise<boolean> {
    const set = await this.ask('GET', configPath(subject))
    return isObject(set) && set['compatibilityLevel'] === FULL_TRANSITIVE
  }

  private async ask(method: string, path: string, body?: Json): Promise<Json | undefined> {
    const { status, text } = await this.answer(method, path, body)
    if (status >= 200 && status < 300) return parsed(text, path)
    if (status === NOT_FOUND) return undefined
    const detail = `${method} ${path}: ${status} ${messageIn(text)}`
    const isRefusal = status === CONFLICT || status === UNPROCESSABLE
    throw new RegistryError(isRefusal ? 'SCHEMA_REFUSED' : 'REGISTRY_UNAVAILABLE', detail)
  }

  private async answer(method: string, path: string, body: Json | undefined): Promise<Answered> {
    try {
      return await askHttp(this.base + path, {
        method,
        headers: this.headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        ca: this.ca,
        answerMsMax: ANSWER_MS_MAX,
      })
    } catch (cause) {
      const why = cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : ''
      throw new RegistryError('REGISTRY_UNAVAILABLE', `${this.base} does not answer${why}`, { cause })
    }
  }
}

const configPath = (subject: string): string => `/config/${encodeURIComponent(subject)}`

const MESSAGE_CHARACTERS_MAX = 500

const messageIn = (text: string): string => {
  try {
    const answer = JSON.parse(text) as Json
    const message = isObject(answer) ? answer['message'] : undefined
    return (typeof message === 'string' ? message : text).slice(0, MESSAGE_CHARACTERS_MAX)
  } catch {
    return text.slice(0, MESSAGE_CHARACTERS_MAX)
  }
}

const parsed = (text: string, path: string): Json => {
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    throw new RegistryError('REGISTRY_UNAVAILABLE', `${path} was not answered in JSON`, { cause })
  }
}

const schemaIn = (answer: Json, about: string): Json => {
  const schema = isObject(answer) ? answer['schema'] : undefined
  if (typeof schema !== 'string') throw unexpected(about)
  return parsed(schema, about)
}

const idIn = (answer: Json, about: string): number => {
  const id = isObject(answer) ? answer['id'] : undefined
  if (typeof id !== 'number') throw unexpected(about)
  return id
}

const unexpected = (about: string): RegistryError =>
  new RegistryError('REGISTRY_UNAVAILABLE', `the answer to ${about} is not of Confluent's API`)
