import { setTimeout as sleep } from 'node:timers/promises'
import { HOSTILE_IDS } from './examples.ts'

const PAUSE_MS = 100
const MIB = 1 << 20
const PARTS = 3

/** Asks for health, feeds and memory all along; throws, on `stop`, where an answer was not right. */
export class ServingProbe {
  checks = 0
  /** Longest time that an answer took. */
  worstMs = 0
  readonly rssBefore: number
  private readonly url: string
  private readonly progress: () => number
  private readonly rssOfPart: number[] = Array.from({ length: PARTS }, () => 0)
  private readonly running: Promise<void>
  private stopping = false

  private constructor(url: string, rssBefore: number, progress: () => number) {
    this.url = url
    this.rssBefore = rssBefore
    this.progress = progress
    this.running = this.run()
    this.running.catch(() => undefined)
  }

  /** `progress` tells how much is done, from 0 to 1: memory is kept for each third. */
  static async start(url: string, progress: () => number): Promise<ServingProbe> {
    return new ServingProbe(url, await rssMib(url), progress)
  }

  async stop(): Promise<void> {
    this.stopping = true
    await this.running
  }

  get rssPeak(): number {
    return Math.max(...this.rssOfPart)
  }

  get rssFirstThird(): number {
    return this.rssOfPart[0]!
  }

  get rssLastThird(): number {
    return this.rssOfPart[PARTS - 1]!
  }

  private async run(): Promise<void> {
    for (let round = 0; !this.stopping; round++) {
      await this.check('/healthz', ({ status }) => status === 'alive')
      const user = HOSTILE_IDS[round % HOSTILE_IDS.length]!
      await this.check(`/v1/feed?userId=${encodeURIComponent(user)}`, ({ items }) => Array.isArray(items))
      await this.check('/v1/feed?userId=user-1&limit=5', ({ items }) => Array.isArray(items))
      const part = Math.min(PARTS - 1, Math.floor(this.progress() * PARTS))
      this.rssOfPart[part] = Math.max(this.rssOfPart[part]!, await rssMib(this.url))
      await sleep(PAUSE_MS)
    }
  }

  private async check(
    path: string,
    isRight: (body: Readonly<Record<string, unknown>>) => boolean,
  ): Promise<void> {
    const started = performance.now()
    const response = await fetch(`${this.url}${path}`)
    const body = (await response.json()) as Readonly<Record<string, unknown>>
    this.worstMs = Math.max(this.worstMs, performance.now() - started)
    if (response.status !== 200 || !isRight(body)) {
      throw new Error(`${path} answered ${response.status}: ${JSON.stringify(body).slice(0, 300)}`)
    }
    this.checks++
  }
}

/** The server's own word on its memory, from `/metrics`. */
const rssMib = async (url: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  const bytes = Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1])
  return Math.round(bytes / MIB)
}
