import { spawn } from 'node:child_process'
import { join } from 'node:path'

const ENTRY = join(import.meta.dirname, '..', 'cli', 'freshet.ts')
const LISTENS = /listens at (http:\S+),/

export interface BenchServer {
  readonly url: string
  stop(): Promise<void>
}

/** `freshet up` as a process of its own, over a directory. Throws what it said when it does not start. */
export const startServer = async (directory: string): Promise<BenchServer> => {
  const args = [ENTRY, 'up', '--data', directory, '--port', '0']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const found = LISTENS.exec(said)
      if (found !== null) resolve(found[1]!)
    })
    child.once('close', (code) => reject(new Error(`freshet up ended with ${code}: ${said}`)))
  })
  const stop = (): Promise<void> => {
    child.kill('SIGTERM')
    return ended
  }
  return { url, stop }
}
