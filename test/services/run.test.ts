import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSettings } from '../../cli/config/read.ts'
import { Spawned } from '../cli/spawned.ts'
import { temporaryDirectory } from '../cli/temporary.ts'
import { missing, START_MS_MAX } from './here.ts'

const reason = (await missing('kafka')) ?? (await missing('redis')) ?? (await missing('registry'))
const RUN = join(import.meta.dirname, '..', '..', 'services', 'run.ts')
const EXPORTED = /^export (FRESHET_[A-Z_]+)=(\S+)$/gm

test.skipIf(reason !== undefined)(
  `services for a trial print variables that are settings, and end when told ${reason ?? ''}`,
  async () => {
    const services = new Spawned(await temporaryDirectory(), [], {}, RUN)
    await services.printed(/^export FRESHET_REGISTRY_URL=(\S+)$/m)
    const exported = [...services.stdout.matchAll(EXPORTED)].map(([, name, value]) => [name!, value!])
    const { settings } = await readSettings({ environment: Object.fromEntries(exported) })
    expect(exported).toHaveLength(services.stdout.trim().split('\n').length)
    expect(settings.kafka.brokers).toHaveLength(1)
    expect(settings.redis.urls).toHaveLength(1)
    const subjects = await fetch(`${settings.registry.url}/subjects`)
    expect(await subjects.json()).toEqual([])
    services.signal('SIGTERM')
    expect((await services.ended).code).toBe(0)
  },
  START_MS_MAX,
)
