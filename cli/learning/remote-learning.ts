import { frameOf } from '../../engine/log/frame.ts'
import type { StoredFrame } from '../../engine/log/port.ts'
import type { TrainingTopic } from '../../models/training/topic-source.ts'
import { ask } from '../http/client.ts'
import { answered, baseOf } from '../inspect/remote.ts'
import type { Offered } from './messages.ts'

/** What a server says of what there is to learn: where its data lies on this machine, and in how many partitions it comes. */
export interface AboutLearning {
  readonly data: string
  readonly partitions: Readonly<Record<TrainingTopic, number>>
}

/** A frame in JSON, its bytes in base64. */
export interface FrameText {
  readonly baseOffset: number
  readonly bytes: string
}

/** What there is to learn from a running `freshet up` on this machine, through its admin routes. */
export class RemoteLearning {
  private readonly base: string

  constructor(url: string) {
    this.base = `${baseOf(url)}/admin/v1/learning`
  }

  async about(): Promise<AboutLearning> {
    return answered(await ask(this.base)) as AboutLearning
  }

  async read(topic: TrainingTopic, partition: number, offset: number): Promise<readonly StoredFrame[]> {
    const answer = await ask(`${this.base}/${topic}?partition=${partition}&offset=${offset}`)
    const { frames } = answered(answer) as { readonly frames: readonly FrameText[] }
    return frames.map(({ baseOffset, bytes }) => ({
      baseOffset,
      frame: frameOf(Buffer.from(bytes, 'base64')),
    }))
  }

  /** Tells of a snapshot that was offered to the registry of the server's data; answers when it serves, if it may. */
  async offered({ record: { model, version }, labelTimes }: Offered): Promise<void> {
    const text = JSON.stringify({ model, version, labelTimes })
    const body = { type: 'application/json', bytes: Buffer.from(text) }
    answered(await ask(`${this.base}/offers`, body))
  }
}
