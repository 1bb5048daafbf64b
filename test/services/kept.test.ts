import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { KeptProcess } from '../../services/native/kept.ts'
import { temporaryDirectory } from '../cli/temporary.ts'

const STARTER = join(import.meta.dirname, 'started.ts')
const SOON = { timeout: 30_000 }
const STARTED_BY = [
  'test/chaos/server.ts',
  'test/chaos/victim.ts',
  'bench/world-server.ts',
  'bench/freshness/command.ts',
  'bench/feed/asking.ts',
]

/** Takes connections and says nothing; answers its URL, and how many came. */
const silence = async (): Promise<{ readonly url: string; readonly heard: () => number }> => {
  let heard = 0
  const server = createServer((socket) => {
    heard++
    socket.on('error', () => undefined)
    onTestFinished(() => void socket.destroy())
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { url: `http://127.0.0.1:${address.port}`, heard: () => heard }
}

interface Listed {
  readonly pid: number
  readonly parent: number
}

/** Those that run: one that was killed is listed until its parent has heard of it, which for an orphan may take long. */
const running = (): readonly Listed[] =>
  execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => !state!.startsWith('Z'))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }))

const childrenOf = (parent: number): readonly number[] =>
  running()
    .filter((each) => each.parent === parent)
    .map(({ pid }) => pid)

const livingOf = (pids: readonly number[]): readonly number[] =>
  running()
    .map(({ pid }) => pid)
    .filter((pid) => pids.includes(pid))

test.each(STARTED_BY)(
  'what %s starts ends with who started it, even one killed outright',
  async (what) => {
    const { url, heard } = await silence()
    const starter = new KeptProcess({
      program: process.execPath,
      args: [STARTER, what, await temporaryDirectory(), url],
    })
    onTestFinished(async () => void (await starter.end('SIGKILL')))
    let printed = ''
    starter.onOutput((chunk) => (printed += chunk.toString()))
    await expect.poll(() => heard() > 0 || printed.includes('started'), SOON).toBe(true)
    const children = childrenOf(starter.pid)
    expect(children).not.toEqual([])
    onTestFinished(() => livingOf(children).forEach((pid) => process.kill(pid, 'SIGKILL')))
    starter.signal('SIGKILL')
    await expect.poll(() => livingOf(children), SOON).toEqual([])
  },
  60_000,
)
