import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkPrometheus, metricFinder, testPrometheusRules, yamlReader } from '../../services/checkers.ts'
import { temporaryDirectory } from '../cli/temporary.ts'
import { missing } from '../services/here.ts'
import { dashboardPanels, metricsAskedFor, prometheusRules } from './queries.ts'

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

  test('reads the source of data that is provided beside it', async () => {
    const provided = await readFile(
      join(DOCKER, 'grafana', 'provisioning', 'datasources', 'prometheus.yaml'),
      'utf8',
    )
    expect(provided).toContain('uid: prometheus')
  })
})
