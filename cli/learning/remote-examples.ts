import { frameOf } from '../../engine/log/frame.ts'
import type { StoredFrame } from '../../engine/log/port.ts'
import { ask } from '../http/client.ts'
import { answered, baseOf } from '../inspect/remote.ts'

/** What a server says of its examples: where its data lies on this machine, and in how many partitions they come. */
export interface AboutExamples {
  readonly data: string
  readonly partitions: number
}

/** A frame in JSON, its bytes in base64. */
export interface FrameText {
  readonly baseOffset: number
  readonly bytes: string
}

/** The examples of a running `freshet up` on this machine, through its admin routes. */
export class RemoteExamples {
  private readonly base: string

  constructor(url: string) {
    this.base = `${baseOf(url)}/admin/v1/learning`
  }

  async about(): Promise<AboutExamples> {
    return answered(await ask(this.base)) as AboutExamples
  }

  async read(partition: number, offset: number): Promise<readonly StoredFrame[]> {
    const answer = await ask(`${this.base}/examples?partition=${partition}&offset=${offset}`)
    const { frames } = answered(answer) as { readonly frames: readonly FrameText[] }
    return frames.map(({ baseOffset, bytes }) => ({
      baseOffset,
      frame: frameOf(Buffer.from(bytes, 'base64')),
    }))
  }

  /** Tells of a snapshot that was offered to the registry of the server's data; answers when it serves, if it may. */
  async offered(version: string): Promise<void> {
    const body = { type: 'application/json', bytes: Buffer.from(JSON.stringify({ version })) }
    answered(await ask(`${this.base}/offers`, body))
  }
}
