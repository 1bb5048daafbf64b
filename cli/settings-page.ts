import { code, table } from '../schemas/markdown.ts'
import { pageOf, writePage } from '../schemas/pages.ts'
import { type Named, namedSettings, type Section } from './config/declare.ts'
import { declared } from './config/schema.ts'
import { writtenOf } from './config/show.ts'

/**
 * The page of every setting, made from where they are declared: path within the repository, and content. A test compares
 * it with what is committed; `npm run draw` writes it anew.
 */
export const SETTINGS_PAGE = 'docs/settings.md'

export const settingsPage = (): Promise<string> =>
  pageOf(INTRODUCTION, ...Object.entries(declared).flatMap(([name, section]) => sectionOf(name, section)))

const INTRODUCTION = `# Settings

Made from where they are declared, [cli/config/schema.ts](../cli/config/schema.ts); \`npm run draw\` writes it anew.

A setting is looked for in a command's option, then in the environment, then in the file (\`--config\`, \`FRESHET_CONFIG\`, or \`freshet.config.json\` of the working directory); the first that says something counts. In the file, \`kafka.clientId\` is \`{"kafka": {"clientId": "…"}}\`; in the environment lists are written with commas. Secrets come from the environment alone. What is misspelt or out of bounds is refused with \`CONFIG_INVALID\`. \`freshet config\` shows what is in force and where it comes from, with \`--verbose\` what each is for.`

const sectionOf = (name: string, section: Section): readonly string[] => [
  `## ${name}`,
  table(
    ['Setting', 'In the environment', 'Default', 'What it may be', 'What it is for'],
    namedSettings({ [name]: section }).map(rowOf),
  ),
]

const rowOf = ({ path, variable, setting }: Named): readonly string[] => {
  const { fallback, kind, about, isSecret } = setting
  const written = writtenOf(fallback)
  return [
    code(path),
    code(variable),
    written === NOTHING ? '' : code(written),
    isSecret ? `a secret: ${kind.takes}` : kind.takes,
    about,
  ]
}

const NOTHING = writtenOf(null)

if (import.meta.main) await writePage(SETTINGS_PAGE, await settingsPage())
