import { globSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readSettings } from '../../cli/config/read.ts'
import { checkCompose, checkKubernetes, checkKustomization, yamlReader } from '../../services/checkers.ts'
import { temporaryDirectory } from '../cli/temporary.ts'
import { missing } from '../services/here.ts'
import { patchedBy } from './patched.ts'

const DOCKER = join(import.meta.dirname, '..', '..', 'docker')
const noCheckers = await missing('checkers')
const TEST_MS_MAX = 60_000
const manifestsIn = (folder: string): readonly string[] =>
  globSync(`${folder}/*.yaml`, { cwd: DOCKER }).filter((file) => !/kustomization|patch/.test(file))
const LEARNING = 'kubernetes/learning'
const manifests = manifestsIn('kubernetes')
const learning = manifestsIn(LEARNING)

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      { readonly command?: readonly string[]; readonly environment?: Readonly<Record<string, string>> }
    >
  >
}

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: {
    readonly selector?: object
    readonly template?: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> }
      readonly spec: PodSpec
    }
  }
}

interface Probe {
  readonly httpGet: { readonly port: string }
}

interface PodSpec {
  readonly volumes: readonly {
    readonly name: string
    readonly emptyDir?: null
    readonly persistentVolumeClaim?: { readonly claimName: string }
  }[]
  readonly enableServiceLinks: boolean
  readonly containers: readonly {
    readonly args: readonly string[]
    readonly env: readonly { readonly name: string }[]
    readonly ports?: readonly { readonly name: string }[]
    readonly startupProbe?: Probe
    readonly livenessProbe?: Probe
    readonly readinessProbe?: Probe
  }[]
}

describe.skipIf(noCheckers !== undefined)(`what runs everything in containers ${noCheckers ?? ''}`, () => {
  let read: (text: string) => readonly unknown[]
  beforeAll(async () => {
    read = await yamlReader()
  })
  const documents = async (file: string): Promise<readonly Manifest[]> =>
    read(await readFile(join(DOCKER, file), 'utf8')) as readonly Manifest[]
  const all = async (): Promise<readonly Manifest[]> => (await Promise.all(manifests.map(documents))).flat()

  test(
    'the compose file is one, and a checker of them finds nothing',
    async () => {
      expect(await checkCompose(join(DOCKER, 'compose.yaml'))).toBeNull()
      const broken = join(await temporaryDirectory(), 'compose.yaml')
      await writeFile(broken, 'services: { kafka: { image: "a:1", port: ["1:1"] } }\n')
      expect(await checkCompose(broken)).toContain('additional properties')
    },
    TEST_MS_MAX,
  )

  test('the compose file runs all parts, each Freshet process with settings that there are', async () => {
    const [{ services }] = read(await readFile(join(DOCKER, 'compose.yaml'), 'utf8')) as [Compose]
    expect(Object.keys(services)).toEqual(
      expect.arrayContaining([
        'kafka',
        'redis',
        'registry',
        'topics',
        'serve',
        'train',
        'prometheus',
        'grafana',
      ]),
    )
    const workers = Object.entries(services).filter(([, { command }]) => command?.[0] === 'worker')
    expect(workers).toHaveLength(3)
    for (const [name, { environment }] of workers) {
      const { settings } = await readSettings({ environment: environment! })
      expect([settings.worker.member, settings.kafka.brokers]).toEqual([name, ['kafka:9092']])
    }
  })

  test.each([...manifests, ...learning])(
    '%s is as Kubernetes has it',
    async (file) => {
      expect(await checkKubernetes(join(DOCKER, file))).toBeNull()
    },
    TEST_MS_MAX,
  )

  test(
    'a manifest with a field that Kubernetes does not know would be refused',
    async () => {
      const broken = join(await temporaryDirectory(), 'broken.yaml')
      const text = await readFile(join(DOCKER, 'kubernetes', 'serve.yaml'), 'utf8')
      await writeFile(broken, text.replace('replicas: 3', 'replics: 3'))
      expect(await checkKubernetes(broken)).toContain('replics')
    },
    TEST_MS_MAX,
  )

  test.each(['kubernetes/kustomization.yaml', `${LEARNING}/kustomization.yaml`])(
    '%s is as kustomize has it',
    async (file) => {
      expect(await checkKustomization(join(DOCKER, file))).toBeNull()
    },
    TEST_MS_MAX,
  )

  test(
    'a kustomization with a field that kustomize does not know would be refused',
    async () => {
      const broken = join(await temporaryDirectory(), 'kustomization.yaml')
      const text = await readFile(join(DOCKER, LEARNING, 'kustomization.yaml'), 'utf8')
      await writeFile(broken, text.replace('path: serve-patch', 'pth: serve-patch'))
      expect(await checkKustomization(broken)).toContain('pth')
    },
    TEST_MS_MAX,
  )

  test(
    'what the patch of the learning variant makes of a Deployment is as Kubernetes has it',
    async () => {
      const [patch] = await documents(`${LEARNING}/serve-patch.yaml`)
      const { kind, metadata } = patch!
      const patched = (await all()).find((each) => each.kind === kind && each.metadata.name === metadata.name)
      const write = async (change: unknown): Promise<string> => {
        const file = join(await temporaryDirectory(), 'patched.yaml')
        await writeFile(file, JSON.stringify(patchedBy(patched, change)))
        return file
      }
      const whole = patchedBy(patched, patch) as Manifest
      const { volumes, containers } = whole.spec!.template!.spec
      expect(volumes.find(({ name }) => name === 'data')).toEqual({
        name: 'data',
        persistentVolumeClaim: { claimName: 'freshet-models' },
      })
      expect(volumes).toHaveLength(patched!.spec!.template!.spec.volumes.length)
      expect(containers).toEqual(patched!.spec!.template!.spec.containers)
      expect(await checkKubernetes(await write(patch))).toBeNull()
      const misspelt = JSON.parse(JSON.stringify(patch).replace('claimName', 'claim')) as unknown
      expect(await checkKubernetes(await write(misspelt))).toContain('claim')
    },
    TEST_MS_MAX,
  )

  test('all manifests are applied together', async () => {
    const [{ resources }] = (await documents('kubernetes/kustomization.yaml')) as unknown as [
      { readonly resources: readonly string[] },
    ]
    expect(resources.map((file) => `kubernetes/${file}`).toSorted()).toEqual(manifests.toSorted())
  })

  test('with learning a trainer is applied too, and shares the volume that serving processes read models from', async () => {
    const [{ resources, patches }] = (await documents(`${LEARNING}/kustomization.yaml`)) as unknown as [
      { readonly resources: readonly string[]; readonly patches: readonly { readonly path: string }[] },
    ]
    expect(resources).toEqual(['../', ...learning.map((file) => file.slice(LEARNING.length + 1))])
    const [patch] = await documents(`${LEARNING}/${patches[0]!.path}`)
    const found = [...(await all()), ...(await Promise.all(learning.map(documents))).flat()]
    const named = (kind: string, name: string): Manifest =>
      found.find((each) => each.kind === kind && each.metadata.name === name)!
    const claim = { claimName: named('PersistentVolumeClaim', 'freshet-models').metadata.name }
    const { volumes } = named('Deployment', 'freshet-train').spec!.template!.spec
    expect(volumes).toContainEqual({ name: 'data', persistentVolumeClaim: claim })
    const replaced = named(patch!.kind, patch!.metadata.name).spec!.template!.spec.volumes
    expect(replaced.map(({ name }) => name)).toContain('data')
    expect(patch!.spec!.template!.spec.volumes).toEqual([
      { name: 'data', emptyDir: null, persistentVolumeClaim: claim },
    ])
  })

  test('the settings in the ConfigMap are settings', async () => {
    const config = (await all()).find(({ kind }) => kind === 'ConfigMap')!
    const file = join(await temporaryDirectory(), 'freshet.config.json')
    await writeFile(file, config.data!['freshet.config.json']!)
    const { settings } = await readSettings({ file, environment: {} })
    expect(settings.kafka.brokers).toEqual(['kafka:9092'])
  })

  test('every role has probes of a port that it tells', async () => {
    const found = [...(await all()), ...(await Promise.all(learning.map(documents))).flat()]
    const roles = found.filter(({ kind }) => kind === 'StatefulSet' || kind === 'Deployment')
    expect(roles.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted()).toEqual([
      'Deployment freshet-serve',
      'Deployment freshet-train',
      'StatefulSet freshet-worker',
    ])
    for (const { metadata, spec } of roles) {
      const [container] = spec!.template!.spec.containers
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const) {
        expect(container![probe]?.httpGet.port, `${metadata.name} ${probe}`).toBe(container!.ports![0]!.name)
      }
      // Or Kubernetes would set variables that begin as settings do.
      expect(spec!.template!.spec.enableServiceLinks).toBe(false)
    }
  })

  test('workers keep their names and volumes; what others ask has a budget and a Service that finds it', async () => {
    const found = await all()
    for (const { metadata, spec } of found.filter(({ kind }) => /^(StatefulSet|Deployment)$/.test(kind))) {
      const { labels } = spec!.template!.metadata
      const of = (kind: string) =>
        found.find((each) => each.kind === kind && each.metadata.name === metadata.name)
      expect(of('Service')!.spec!.selector).toEqual(labels)
      expect(of('PodDisruptionBudget')!.spec!.selector).toEqual({ matchLabels: labels })
    }
    const worker = found.find(({ kind }) => kind === 'StatefulSet')!
    expect(worker.spec!.template!.spec.containers[0]!.env.map(({ name }) => name)).toContain(
      'FRESHET_WORKER_MEMBER',
    )
    expect(worker.spec).toHaveProperty('volumeClaimTemplates')
  })
})
