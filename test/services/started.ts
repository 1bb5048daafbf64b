import { askApart } from '../../bench/feed/asking.ts'
import { FreshetCommand } from '../../bench/freshness/command.ts'
import { startServer } from '../../bench/world-server.ts'
import { realServices } from '../../services/index.ts'
import { freePorts } from '../../services/ports.ts'
import { FreshetUp } from '../chaos/server.ts'
import { Victim } from '../chaos/victim.ts'

/**
 * `node test/services/started.ts WHAT DIRECTORY [URL]`: starts a process as tests and benchmarks do, over a directory,
 * says so, and stays, for a test that ends it from outside. The URL is one that never answers.
 */
const [what, directory = '', url = ''] = process.argv.slice(2)

const STARTS: Readonly<Record<string, () => Promise<unknown>>> = {
  redis: async () => {
    const redis = await realServices.redis()
    process.stdout.write(`${redis.port}\n`)
  },
  'test/chaos/server.ts': () => FreshetUp.start(directory),
  'test/chaos/victim.ts': async () => {
    const [port] = await freePorts(1)
    await new Victim(port!, directory).start()
  },
  'bench/world-server.ts': () => startServer(directory),
  'bench/freshness/command.ts': () => {
    const brokers = new URL(url).host
    const environment = { FRESHET_KAFKA_BROKERS: brokers, FRESHET_WORKER_DATA: directory }
    return new FreshetCommand('worker', environment).started()
  },
  'bench/feed/asking.ts': () => askApart({ urls: [url], atOnce: 1, requests: 1 }),
}

await STARTS[what!]!()
process.stdout.write('started\n')
setInterval(() => undefined, 60_000)
