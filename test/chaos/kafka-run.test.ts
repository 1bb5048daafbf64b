import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { connects } from '../../services/native/kafka.ts'
import { Spawned } from '../cli/spawned.ts'
import { temporaryDirectory } from '../cli/temporary.ts'
import { missing, START_MS_MAX } from '../services/here.ts'

const noKafka = (await missing('kafka')) ?? (await missing('redis'))
const RUN = join(import.meta.dirname, 'kafka-run.ts')

/** Where the first broker listens whose data lies in a directory; undefined before that is laid out. */
const brokerPort = async (directory: string): Promise<number | undefined> => {
  const root = (await readdir(directory)).find((name) => name.startsWith('freshet-kafka-'))
  if (root === undefined) return undefined
  const settings = join(directory, root, 'node-0', 'server.properties')
  const text = await readFile(settings, 'utf8').catch(() => '')
  const port = /^listeners=PLAINTEXT:\/\/127\.0\.0\.1:(\d+)/m.exec(text)?.[1]
  return port === undefined ? undefined : Number(port)
}

describe.skipIf(noKafka !== undefined)(`kafka-run.ts ${noKafka ?? ''}`, () => {
  test(
    'told to stop, it stops what it started, leaves nothing on disk, and does not pass for a run that went well',
    async () => {
      const directory = await temporaryDirectory()
      const env = { TMPDIR: directory, FRESHET_SERVICES: 'native' }
      const run = new Spawned(process.cwd(), ['--users', '20', '--days', '1'], env, RUN)
      let port: number | undefined
      const listens = async (): Promise<boolean> => {
        port ??= await brokerPort(directory)
        return port !== undefined && (await connects(port))
      }
      await expect.poll(listens, { timeout: START_MS_MAX }).toBe(true)
      run.signal('SIGTERM')
      expect(await run.ended).toMatchObject({ code: 1, stdout: '' })
      expect(await listens()).toBe(false)
      expect(await readdir(directory)).toEqual([])
    },
    2 * START_MS_MAX,
  )
})
