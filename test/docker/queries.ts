import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { metricFinder, yamlReader } from '../../services/checkers.ts'

const DOCKER = join(import.meta.dirname, '..', '..', 'docker')

interface Panel {
  readonly id: number
  readonly title: string
  readonly type: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[]
}

export interface Rule {
  readonly alert?: string
  readonly record?: string
  readonly expr: string
  readonly annotations?: Readonly<Record<string, string>>
}

export const dashboardPanels = async (): Promise<readonly Panel[]> => {
  const text = await readFile(join(DOCKER, 'grafana', 'freshet.json'), 'utf8')
  return (JSON.parse(text) as { readonly panels: readonly Panel[] }).panels
}

export const prometheusRules = async (): Promise<readonly Rule[]> => {
  const read = await yamlReader()
  const [{ groups }] = read(await readFile(join(DOCKER, 'prometheus', 'rules.yml'), 'utf8')) as [
    { readonly groups: readonly { readonly rules: readonly Rule[] }[] },
  ]
  return groups.flatMap(({ rules }) => rules)
}

/** Every metric that the dashboard and the rules select, but for Prometheus' own and those that rules record. */
export const metricsAskedFor = async (): Promise<readonly string[]> => {
  const find = await metricFinder()
  const rules = await prometheusRules()
  const panels = await dashboardPanels()
  // Grafana puts an interval in its place.
  const queries = panels.flatMap(({ targets = [] }) =>
    targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '1m')),
  )
  const known = new Set(['up', ...rules.flatMap(({ record }) => record ?? [])])
  const asked = [...queries, ...rules.map(({ expr }) => expr)].flatMap(find)
  return [...new Set(asked)].filter((name) => !known.has(name)).sort()
}
