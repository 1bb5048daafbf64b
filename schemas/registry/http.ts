import { request as plainRequest, type RequestOptions } from 'node:http'
import { request as tlsRequest } from 'node:https'

export interface Asked {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** Authorities to trust, PEM; those of the system where there is none. */
  readonly ca: string | undefined
  readonly answerMsMax: number
}

export interface Answered {
  readonly status: number
  readonly text: string
}

/** An answer beyond it is of no registry. */
const ANSWER_BYTES_MAX = 16 << 20

/** One request over HTTP or HTTPS: `fetch` takes no authorities. Throws what the connection throws. */
export const askHttp = (url: string, { method, headers, body, ca, answerMsMax }: Asked): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const isPlain = new URL(url).protocol === 'http:'
    const options: RequestOptions & { readonly ca?: string } = {
      method,
      headers: { ...headers, 'content-length': Buffer.byteLength(body ?? '') },
      signal: AbortSignal.timeout(answerMsMax),
      ...(ca !== undefined && { ca }),
    }
    const request = (isPlain ? plainRequest : tlsRequest)(url, options, (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > ANSWER_BYTES_MAX) response.destroy(new Error('the answer is too large'))
        chunks.push(chunk)
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      )
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
