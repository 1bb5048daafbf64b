import { join } from 'node:path'
import { KeptProcess } from '../services/native/kept.ts'

const ENTRY = join(import.meta.dirname, '..', 'cli', 'freshet.ts')
const LISTENS = /listens at (http:\S+),/

export interface BenchServer {
  readonly url: string
  stop(): Promise<void>
}

/** `freshet up` as a process of its own, over a directory. Throws what it said when it does not start. */
export const startServer = async (directory: string): Promise<BenchServer> => {
  const args = [ENTRY, 'up', '--data', directory, '--port', '0']
  const child = new KeptProcess({ program: process.execPath, args })
  child.stderr.pipe(process.stderr)
  const url = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const found = LISTENS.exec(said)
      if (found !== null) resolve(found[1]!)
    })
    void child.ended.then((code) => reject(new Error(`freshet up ended with ${code}: ${said}`)))
  })
  const stop = async (): Promise<void> => void (await child.end('SIGTERM'))
  return { url, stop }
}
