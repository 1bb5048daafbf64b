import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  checkDashboard,
  checkPrometheus,
  metricFinder,
  testPrometheusRules,
  yamlReader,
} from '../../services/checkers.ts'
import { temporaryDirectory } from '../cli/temporary.ts'
import { missing } from '../services/here.ts'
import { dashboardPanels, metricsAskedFor, prometheusRules } from './queries.ts'
import { NOT_WATCHED, toldByCode, unwatched } from './told.ts'

const DOCKER = join(import.meta.dirname, '..', '..', 'docker')
const noCheckers = await missing('checkers')

/** Topic a has no counter until its first letters; topic b has one, and gets a letter after twenty minutes. */
const DEAD_LETTERS = {
  rule_files: [join(DOCKER, 'prometheus', 'rules.yml')],
  evaluation_interval: '1m',
  tests: [
    {
      interval: '1m',
      input_series: [
        { series: 'freshet_dead_letters_total{topic="a"}', values: '_x4 500x60' },
        { series: 'freshet_dead_letters_total{topic="b"}', values: '3x20 4x60' },
      ],
      promql_expr_test: [
        { expr: 'count(ALERTS{alertname="FreshetDeadLetters",topic="a"})', at: [6, true] },
        { expr: 'count(ALERTS{alertname="FreshetDeadLetters",topic="a"})', at: [50, false] },
        { expr: 'count(ALERTS{alertname="FreshetDeadLetters",topic="b"})', at: [19, false] },
        { expr: 'count(ALERTS{alertname="FreshetDeadLetters",topic="b"})', at: [25, true] },
      ].map(({ expr, at: [minute, isFiring] }) => ({
        expr,
        eval_time: `${Number(minute)}m`,
        exp_samples: isFiring === true ? [{ value: 1 }] : [],
      })),
    },
  ],
}

interface Firing {
  readonly alert: string
  /** By minute. */
  readonly at: readonly (readonly [number, boolean])[]
}

const ruleTests = (
  series: Readonly<Record<string, string>>,
  firing: readonly Firing[],
): Record<string, unknown> => ({
  rule_files: [join(DOCKER, 'prometheus', 'rules.yml')],
  evaluation_interval: '1m',
  tests: [
    {
      interval: '1m',
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      promql_expr_test: firing.flatMap(({ alert, at }) =>
        at.map(([minute, isFiring]) => ({
          expr: `count(ALERTS{alertname="${alert}",alertstate="firing"})`,
          eval_time: `${minute}m`,
          exp_samples: isFiring ? [{ value: 1 }] : [],
        })),
      ),
    },
  ],
})

/** Two processes that share their snapshots, of which neither learns; a trainer; one whose learning stops. */
const LEARNING = ruleTests(
  {
    // One now and then is no matter; then one is refused each minute, for an hour.
    'freshet_model_gate_refused_total{model="heavy",instance="a"}': '0x9 1x30 1+1x60 61x60',
    'freshet_model_gate_refused_total{model="heavy",instance="b"}': '0x9 1x30 1+1x60 61x60',
    'freshet_learning_stopped{job="serve",instance="a"}': '0x400',
    'freshet_learning_stopped{job="serve",instance="c"}': '0x20 1x380',
    'freshet_learning_steps{job="serve",instance="a"}': Array.from({ length: 700 }, () => 'NaN').join(' '),
    'freshet_learning_steps{job="train",instance="t"}': '0+10x500 5000x200',
    'freshet_model_live_age_seconds{model="heavy",instance="a"}': '0+60x700',
    'freshet_model_live_age_seconds{model="retrieval",instance="a"}': '90000x700',
  },
  [
    {
      alert: 'FreshetSnapshotsRefused',
      at: [
        [20, false],
        [60, true],
        [130, false],
      ],
    },
    {
      alert: 'FreshetLearningStopped',
      at: [
        [15, false],
        [30, true],
      ],
    },
    // After six hours; and where nothing learns any more it is as old as it may be.
    {
      alert: 'FreshetModelOld',
      at: [
        [300, false],
        [400, true],
        [600, false],
      ],
    },
  ],
)

/** A fleet whose worker reads nothing of what it is to restore, whose copy is behind, and of which one is not known. */
const FLEET = ruleTests(
  {
    'freshet_restore_records{instance="a"}': '0x9 1000x100',
    'freshet_restore_records_read{instance="a"}': '0x9 0+10x30 300x20 300+10x50',
    'freshet_standby_lag_records{instance="b"}': '0x9 2000000x60 0x40',
    'freshet_fleet_members{instance="a"}': '2x60',
    'freshet_fleet_members{instance="b"}': '2x20 1x10 2x30',
    'up{job="worker",instance="a"}': '1x60',
    'up{job="worker",instance="b"}': '1x60',
  },
  [
    {
      alert: 'FreshetRestoreStuck',
      at: [
        [30, false],
        [56, true],
        [75, false],
      ],
    },
    {
      alert: 'FreshetCopyBehind',
      at: [
        [20, false],
        [30, true],
        [80, false],
      ],
    },
    {
      alert: 'FreshetFleetDivided',
      at: [
        [15, false],
        [25, true],
        [35, false],
      ],
    },
  ],
)

/** Of two processes that tell the same of one Redis with a limit; a ranking that is wrong for a while. */
const SERVING = ruleTests(
  {
    'freshet_redis_memory_bytes{of="used",instance="a"}': '50x20 95x40',
    'freshet_redis_memory_bytes{of="used",instance="b"}': '50x20 95x40',
    'freshet_redis_memory_bytes{of="limit",instance="a"}': '100x60',
    'freshet_redis_memory_bytes{of="limit",instance="b"}': '100x60',
    'freshet_ranking_file_failing{instance="a"}': '0x20 1x10 0x30',
  },
  [
    {
      alert: 'FreshetRedisNearlyFull',
      at: [
        [20, false],
        [40, true],
      ],
    },
    {
      alert: 'FreshetRankingFileWrong',
      at: [
        [15, false],
        [25, true],
        [40, false],
      ],
    },
  ],
)

/** A Redis without a limit is never full. */
const UNLIMITED = ruleTests(
  {
    'freshet_redis_memory_bytes{of="used",instance="a"}': '95x40',
    'freshet_redis_memory_bytes{of="limit",instance="a"}': '0x40',
  },
  [{ alert: 'FreshetRedisNearlyFull', at: [[30, false]] }],
)

/** That they are told by real processes, test/acceptance/services.test.ts shows. */
describe.skipIf(noCheckers !== undefined)(`what is watched ${noCheckers ?? ''}`, () => {
  test("passes Prometheus' own checker", async () => {
    expect(await checkPrometheus('config', join(DOCKER, 'prometheus', 'prometheus.yml'))).toBeNull()
    expect(await checkPrometheus('rules', join(DOCKER, 'prometheus', 'rules.yml'))).toBeNull()
    expect(await checkPrometheus('rules', join(DOCKER, 'compose.yaml'))).toMatch(/FAILED/)
  })

  test('tells of the first dead letters of a topic, and of later ones', async () => {
    const file = join(await temporaryDirectory(), 'rules-test.yml')
    await writeFile(file, JSON.stringify(DEAD_LETTERS))
    expect(await testPrometheusRules(file)).toBeNull()
  })

  test('tells of snapshots that are refused again and again, of learning that stopped and of a model that is old', async () => {
    const file = join(await temporaryDirectory(), 'rules-test.yml')
    await writeFile(file, JSON.stringify(LEARNING))
    expect(await testPrometheusRules(file)).toBeNull()
  })

  test.each([
    ['of restores that stand still, copies that are behind and workers that are not known', FLEET],
    ['of a Redis that is nearly full and of a ranking that is wrong', SERVING],
    ['nothing of a Redis without a limit', UNLIMITED],
  ])('tells %s', async (_what, tests) => {
    const file = join(await temporaryDirectory(), 'rules-test.yml')
    await writeFile(file, JSON.stringify(tests))
    expect(await testPrometheusRules(file)).toBeNull()
  })

  test('is all that is told, but for what is named with a reason', async () => {
    expect(unwatched(toldByCode(), await metricsAskedFor())).toEqual([])
  })

  test('names nothing as left out that is not told, or is asked for', async () => {
    const leftOut = Object.keys(NOT_WATCHED)
    expect(toldByCode()).toEqual(expect.arrayContaining(leftOut))
    expect(unwatched(leftOut, await metricsAskedFor(), {})).toEqual(leftOut)
  })

  test('is asked for in queries, of metrics by name', async () => {
    const find = await metricFinder()
    expect(find('sum by (le) (rate(a_total{b="c"}[5m])) / d > 1 or up == 0')).toEqual(['a_total', 'd', 'up'])
    expect(() => find('sum(rate(a[5m])')).toThrow('no query')
    expect((await metricsAskedFor()).length).toBeGreaterThan(20)
  })

  test('by processes that the compose file runs', async () => {
    const read = await yamlReader()
    const [compose] = read(await readFile(join(DOCKER, 'compose.yaml'), 'utf8')) as [{ services: object }]
    const [config] = read(await readFile(join(DOCKER, 'prometheus', 'prometheus.yml'), 'utf8')) as [
      { scrape_configs: readonly { static_configs: readonly { targets: readonly string[] }[] }[] },
    ]
    const targets = config.scrape_configs.flatMap(({ static_configs }) =>
      static_configs.flatMap((each) => each.targets),
    )
    expect(targets.length).toBe(5)
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining(targets.map((target) => target.split(':')[0]!)),
    )
  })

  test('every alert says what to do', async () => {
    const alerts = (await prometheusRules()).filter(({ alert }) => alert !== undefined)
    expect(alerts.length).toBeGreaterThan(5)
    for (const { alert, annotations } of alerts) {
      expect(annotations, alert).toMatchObject({ summary: expect.any(String), action: expect.any(String) })
    }
  })
})

describe('the dashboard', () => {
  test('has panels that say what they show, and do not lie on each other', async () => {
    const panels = await dashboardPanels()
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const cells = new Set<string>()
    for (const { title, type, description, targets, gridPos } of panels) {
      if (type !== 'row') expect([title, description, targets?.length]).not.toContain(undefined)
      for (const target of targets ?? []) expect(target.datasource.uid).toBe('prometheus')
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(cells.has(`${x} ${y}`), title).toBe(false)
          cells.add(`${x} ${y}`)
        }
      }
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
    }
  })

  test.skipIf(noCheckers !== undefined)(
    "is one by Grafana's own types, which refuse what they do not know",
    async () => {
      const json = await readFile(join(DOCKER, 'grafana', 'freshet.json'), 'utf8')
      expect(await checkDashboard(json)).toBeNull()
      expect(await checkDashboard(json.replace('"gridPos"', '"gridpos"'))).toContain('gridpos')
      expect(await checkDashboard(json.replace(/"schemaVersion": \d+/, '"schemaVersion": "39"'))).toContain(
        'TS2322',
      )
    },
  )
})

/** Fields that Grafana reads, by its manual: what it does not know it passes over without a word. */
const PROVIDED = {
  datasources: ['name', 'uid', 'type', 'access', 'url', 'isDefault', 'jsonData', 'editable', 'orgId'],
  providers: ['name', 'type', 'orgId', 'folder', 'updateIntervalSeconds', 'allowUiUpdates', 'options'],
} as const

describe.skipIf(noCheckers !== undefined)(`what Grafana is provided with ${noCheckers ?? ''}`, () => {
  const provided = async (
    kind: keyof typeof PROVIDED,
    file: string,
  ): Promise<Readonly<Record<string, unknown>>> => {
    const read = await yamlReader()
    const text = await readFile(join(DOCKER, 'grafana', 'provisioning', file), 'utf8')
    const [document] = read(text) as [Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>]
    expect(Object.keys(document)).toEqual(['apiVersion', kind])
    expect(document).toMatchObject({ apiVersion: 1, [kind]: [{}] })
    const [only] = document[kind]!
    expect(PROVIDED[kind]).toEqual(expect.arrayContaining(Object.keys(only!)))
    return only!
  }
  const compose = async (): Promise<Compose> => {
    const read = await yamlReader()
    return (read(await readFile(join(DOCKER, 'compose.yaml'), 'utf8')) as [Compose])[0]
  }

  test('reads what Prometheus of the compose file has, under the name that the dashboard asks for', async () => {
    const source = await provided('datasources', 'datasources/prometheus.yaml')
    expect(source).toMatchObject({ type: 'prometheus', access: 'proxy', isDefault: true })
    const { services } = await compose()
    expect(Object.keys(services)).toContain(new URL(String(source['url'])).hostname)
    const asked = (await dashboardPanels()).flatMap(({ targets = [] }) => targets)
    expect(new Set(asked.map(({ datasource }) => datasource.uid))).toEqual(new Set([source['uid']]))
  })

  test('finds dashboards where the compose file puts ours', async () => {
    const provider = await provided('providers', 'dashboards/freshet.yaml')
    expect(provider).toMatchObject({ type: 'file', options: { path: expect.any(String) } })
    const { path } = provider['options'] as { readonly path: string }
    const mounts = (await compose()).services['grafana']!.volumes!.map((each) => each.split(':'))
    expect(mounts).toContainEqual(['./grafana/freshet.json', `${path}/freshet.json`, 'ro'])
    expect(mounts).toContainEqual(['./grafana/provisioning', '/etc/grafana/provisioning', 'ro'])
  })
})

interface Compose {
  readonly services: Readonly<Record<string, { readonly volumes?: readonly string[] }>>
}
