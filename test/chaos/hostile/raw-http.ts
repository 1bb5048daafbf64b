import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  readonly status: number
  readonly body: string
}

const EXCHANGE_MS_MAX = 45_000

/** A request as bytes; `connection: close`, so that the answer ends with the connection. */
export const requestBytes = (
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  body: Buffer | string = '',
): Buffer => {
  const all = {
    host: 'localhost',
    connection: 'close',
    ...(body.length > 0 && { 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  }
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${head.join('')}\r\n`),
    Buffer.from(body),
  ])
}

/** A socket that collects what comes, and never throws on its own. */
export class RawSocket {
  readonly socket: Socket
  /** Resolves when the connection is closed, by either side. */
  readonly closed: Promise<void>
  private readonly chunks: Buffer[] = []

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1' })
    this.socket.on('error', () => undefined)
    this.socket.on('data', (chunk) => this.chunks.push(chunk))
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()))
  }

  write(bytes: Uint8Array | string): void {
    if (this.socket.writable) this.socket.write(bytes)
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks)
  }

  destroy(): void {
    this.socket.destroy()
  }
}

/** Sends bytes and answers every response that comes back until the server closes. */
export const exchange = async (port: number, bytes: Uint8Array): Promise<readonly RawAnswer[]> => {
  const raw = new RawSocket(port)
  raw.socket.setTimeout(EXCHANGE_MS_MAX, () => raw.destroy())
  raw.write(bytes)
  await raw.closed
  return answersIn(raw.received)
}

/** The responses in what a connection received; one cut short is left out. */
export const answersIn = (received: Buffer): RawAnswer[] => {
  const answers: RawAnswer[] = []
  for (let at = 0; at < received.length;) {
    const headEnd = received.indexOf('\r\n\r\n', at)
    if (headEnd === -1) return answers
    const head = received.toString('latin1', at, headEnd)
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1])
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
    at = headEnd + 4 + length
    if (status >= 200 && at <= received.length)
      answers.push({ status, body: received.toString('utf8', at - length, at) })
  }
  return answers
}
