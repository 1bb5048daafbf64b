import { CLI_ERRORS, CliError, type CliErrorCode } from '../errors.ts'
import { type Answer as HttpAnswer, ask, refusalText } from '../http/client.ts'
import type {
  FeatureView,
  Inspection,
  LetterList,
  LetterView,
  RowList,
  RowView,
  Status,
} from './inspection.ts'

const NOT_REPLAYABLE: CliErrorCode = 'NOT_REPLAYABLE'

/** Looks into a running `freshet up`, `worker` or `serve`, through its admin routes. */
export class RemoteInspection implements Inspection {
  private readonly base: string

  /** `url` is the server's, such as `http://127.0.0.1:8080`. */
  constructor(url: string) {
    this.base = `${baseOf(url)}/admin/v1`
  }

  async stores(): Promise<readonly string[]> {
    const { stores } = await this.get<{ stores: readonly string[] }>('/stores')
    return stores
  }

  async row(store: string, key: readonly string[], asOf: number | null): Promise<RowView> {
    return this.get(`/stores/${encodeURIComponent(store)}/row`, [...keyPairs(key), ...timePairs(asOf)])
  }

  async rows(store: string, prefix: string, limit: number, asOf: number | null): Promise<RowList> {
    return this.get(`/stores/${encodeURIComponent(store)}/rows`, [
      ['prefix', prefix],
      ['limit', String(limit)],
      ...timePairs(asOf),
    ])
  }

  async feature(view: string, key: readonly string[], asOf: number | null): Promise<FeatureView> {
    return this.get(`/features/${encodeURIComponent(view)}`, [...keyPairs(key), ...timePairs(asOf)])
  }

  async letters(topic: string | null, limit: number): Promise<LetterList> {
    const pairs: Pair[] = topic === null ? [] : [['topic', topic]]
    return this.get('/dead-letters', [...pairs, ['limit', String(limit)]])
  }

  async letter(id: string): Promise<LetterView> {
    return this.get('/dead-letters/letter', [['id', id]])
  }

  async replay(id: string): Promise<LetterView> {
    const body = { type: 'application/json', bytes: Buffer.from(JSON.stringify({ id })) }
    const answer = await ask(`${this.base}/dead-letters/replay`, body)
    const { code, message = '' } = (answer.body ?? {}) as { code?: unknown; message?: string }
    if (code === NOT_REPLAYABLE) {
      // Code and advice are told with it again.
      const detail = message.replace(`${NOT_REPLAYABLE}: `, '').replace(CLI_ERRORS[NOT_REPLAYABLE].action, '')
      throw new CliError(NOT_REPLAYABLE, detail)
    }
    return answered(answer) as LetterView
  }

  async status(): Promise<Status> {
    return this.get('/status')
  }

  /** The other side is this program: its answers are taken at their word. */
  private async get<Answer>(path: string, pairs: readonly Pair[] = []): Promise<Answer> {
    const query = new URLSearchParams(pairs).toString()
    return answered(await ask(`${this.base}${path}${query === '' ? '' : `?${query}`}`)) as Answer
  }
}

type Pair = [name: string, value: string]

const keyPairs = (key: readonly string[]): Pair[] => key.map((id) => ['key', id])

const timePairs = (asOf: number | null): Pair[] => (asOf === null ? [] : [['asOf', String(asOf)]])

/** The URL without its trailing slash. Throws `USAGE` for what is no URL of HTTP. */
export const baseOf = (url: string): string => {
  const parsed = URL.parse(url)
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new CliError('USAGE', `"${url}" is no URL such as http://127.0.0.1:8080`)
  }
  return url.replace(/\/+$/, '')
}

/** The body of an answer. Throws `REMOTE_REFUSED` with what an error says. */
export const answered = (answer: Pick<HttpAnswer, 'status' | 'body'>): unknown => {
  if (answer.status < 300) return answer.body
  throw new CliError('REMOTE_REFUSED', refusalText(answer))
}
