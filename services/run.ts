#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { cacheDirectory } from './cache.ts'
import { realServices, prepareService, SERVICE_NAMES, type ServiceName } from './index.ts'
import { KAFKA_VERSIONS, ServiceUnavailable } from './port.ts'

const USAGE = `Starts Kafka, Redis and a schema registry for trials, until Ctrl+C, and prints their addresses as
variables to export.

  --nodes N   Kafka nodes (1)
  --fetch     only download and prepare what is missing
`

/** Started by nobody. */
const FOR_TESTS: ReadonlySet<ServiceName> = new Set(['confluent-client', 'checkers'])

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      nodes: { type: 'string', default: '1' },
      fetch: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return say(USAGE)
  const names = values.fetch ? SERVICE_NAMES : SERVICE_NAMES.filter((name) => !FOR_TESTS.has(name))
  for (const name of names) await prepareService(name)
  if (values.fetch) {
    for (const version of KAFKA_VERSIONS) await prepareService('kafka', version)
    return say(`ready in ${cacheDirectory()}`)
  }
  await start(Number(values.nodes))
}

const start = async (nodes: number): Promise<void> => {
  const [kafka, redis, registry] = await Promise.all([
    realServices.kafka({ nodes }),
    realServices.redis(),
    realServices.registry(),
  ])
  // On stdout nothing but what a shell may run; ports are those that were free.
  process.stderr.write('Kafka, Redis and a registry run until Ctrl+C. In another terminal:\n\n')
  say(`export FRESHET_KAFKA_BROKERS=${kafka.brokers.join(',')}`)
  say(`export FRESHET_REDIS_URLS=redis://${redis.host}:${redis.port}`)
  say(`export FRESHET_REGISTRY_URL=${registry.url}`)
  // Services do not keep this process alive; a person's Ctrl-C ends both.
  const alive = setInterval(() => undefined, 60_000)
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  clearInterval(alive)
  await Promise.all([kafka.stop(), redis.stop(), registry.stop()])
}

try {
  await main()
} catch (error) {
  if (!(error instanceof ServiceUnavailable)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
