import { HEADS } from '../models/heads.ts'
import { PRIOR_TASKS } from '../models/prior/tasks.ts'
import { DEFAULT_VALUE_MODEL } from '../models/value-model.ts'
import { SECOND_MS } from '../schemas/ids.ts'
import { code, table } from '../schemas/markdown.ts'
import { pageOf, writePage } from '../schemas/pages.ts'
import {
  ARM_FIELDS,
  EXPERIMENT_FIELDS,
  EXPLORATION_FIELDS,
  type Field,
  FILE_FIELDS,
  PASSIVE_FIELDS,
  RANKING_FIELDS,
  VALUE_MODEL_FIELDS,
} from '../serving/rules/fields.ts'
import { RULES } from '../serving/rules/index.ts'
import type { RankingSettings } from '../serving/rules/settings.ts'
import { LOOK_MS, RANKING_FILE } from './serving/ranking-file.ts'

/**
 * The page of what people may set of the ranking, made from the fields that the file is read by: path within the
 * repository, and content. A test compares it with what is committed; `npm run draw` writes it anew.
 */
export const RANKING_PAGE = 'docs/ranking.md'

/** Everything that may be said; a test reads it as the server does. */
export const RANKING_EXAMPLE: RankingSettings = {
  ranking: {
    valueModel: {
      version: 'comments-count-twice',
      weights: { comment: 12, satisfaction: 2 },
      unit: 'event',
      passive: { pivot: 5, factors: { dwell: 2, comment: 0.5 } },
    },
    rulesOff: ['kind-diversity'],
    exploration: { share: 0.05, position: 5, depth: 50 },
  },
  experiments: [
    {
      name: 'author-diversity',
      salt: '2026-11',
      arms: [
        { name: 'as-everybody', share: 0.1 },
        { name: 'without', share: 0.1, ranking: { rulesOff: ['kind-diversity', 'author-diversity'] } },
        { name: 'no-chance', share: 0.1, ranking: { exploration: null } },
      ],
    },
  ],
}

export const rankingPage = (): Promise<string> =>
  pageOf(
    INTRODUCTION,
    fieldTable(FILE_FIELDS),
    '## `ranking`',
    fieldTable(RANKING_FIELDS),
    '## `valueModel`',
    VALUE_MODEL,
    fieldTable(VALUE_MODEL_FIELDS),
    '### Heads, and their `weights`',
    WEIGHTS,
    headTable(),
    '### `passive`',
    fieldTable(PASSIVE_FIELDS),
    '## Rules, for `rulesOff`',
    FACTORS,
    ruleTable(),
    '## `exploration`',
    EXPLORATION,
    fieldTable(EXPLORATION_FIELDS),
    '## `experiments`',
    EXPERIMENTS,
    fieldTable(EXPERIMENT_FIELDS),
    '### `arms`',
    ARMS,
    fieldTable(ARM_FIELDS),
  )

const INTRODUCTION = `# Ranking settings

Made from the fields that the file is read by ([serving/rules/fields.ts](../serving/rules/fields.ts)); \`npm run draw\` writes it anew.

\`${RANKING_FILE}\` in the data directory says how feeds are ranked otherwise than by default, and which experiments run. A server looks at it every ${LOOK_MS / SECOND_MS} s, and what it says counts from the next feed on. A field that is unknown or out of bounds is refused by name (\`CONFIG_INVALID\`, \`VALUE_MODEL_INVALID\`): a server does not start by such a file, and one that runs goes on by what counted before, says so in its log, and tells \`freshet_ranking_file_failing\` as 1. Without the file, or by \`{}\`, all is as by default. Every answer tells what it was ranked by as \`configVersion\`, which is made of the value model, the rules that hold and exploration: equal settings, equal version.

\`\`\`json
${JSON.stringify(RANKING_EXAMPLE)}
\`\`\``

const VALUE_MODEL = `A post's expected value is the sum over the heads of what the heavy model foresees times its weight, less those that speak against it; of dwell, the seconds of who stays times how likely they do not skip. The rules multiply it.`

const WEIGHTS = `By the unit \`event\`. By \`typical\` each is divided by the rate on a typical post, which stands beside it.`

const FACTORS = `The last pass multiplies a post's value by each rule; one below zero is divided by it, so that a factor below 1 lowers every value.`

const EXPLORATION = `All three fields must be there. Impressions say how likely each post was to stand where it stood, by which \`freshet off-policy\` judges another ranking.`

const EXPERIMENTS = `\`freshet experiments\` reports on them.`

const ARMS = `An arm without \`ranking\` is ranked as everybody: it is what others are compared with. What an arm does not name is as everybody's, weights head by head; \`"exploration": null\`, \`"rulesOff": []\`, \`"unit": "event"\` and \`"passive": { "pivot": 1, "factors": {} }\` take back what everybody's feeds have.`

const fieldTable = (fields: Readonly<Record<string, Field>>): string =>
  table(
    ['Field', 'May hold', 'Left out', 'What it says'],
    Object.entries(fields).map(([name, { allowed, absent, about }]) => [
      code(name),
      allowed,
      absent ?? 'must be there',
      about,
    ]),
  )

const headTable = (): string =>
  table(
    ['Head', 'Default', 'Speaks', 'On a typical post', 'What it foresees'],
    HEADS.map(({ name, sign, output, about }) => [
      code(name),
      String(DEFAULT_VALUE_MODEL.weights[name]),
      sign === 1 ? 'for' : 'against',
      output === 'seconds' ? `${PRIOR_TASKS[name].base} s` : String(PRIOR_TASKS[name].base),
      about,
    ]),
  )

const ruleTable = (): string =>
  table(
    ['Rule', 'Multiplies by', 'What it does'],
    RULES.map(({ name, min, max, about }) => [code(name), `${min} to ${max}`, about]),
  )

if (import.meta.main) await writePage(RANKING_PAGE, await rankingPage())
