import { Command, Option } from 'commander'
import { elsewhereLines } from '../inspect/elsewhere.ts'
import { ROWS_MAX } from '../inspect/inspection.ts'
import { inspecting } from '../inspect/open.ts'
import { print, printJson, say } from '../terminal.ts'
import { type DataOptions, dataOption, examples, jsonOption, urlOption } from './options.ts'

const ABOUT =
  'Shows what came of feeds (click-through, reactions, time, satisfaction) of everyone and of experiments, arm by ' +
  'arm, with 95% confidence intervals.\n\n' +
  'A feed counts once its labels are in, half an hour after it was served. Intervals are over users, for users are ' +
  'what an experiment deals out. Those who were shown 50 posts at least and did something on less than one in 25 are ' +
  'reported on separately too, by what they did in the window. Experiments are declared in the data directory, in ranking.json.'

interface ExperimentsOptions extends DataOptions {
  readonly window: string
}

export const experimentsCommand = (): Command =>
  new Command('experiments')
    .summary('Shows what came of feeds, of everyone and by experiment.')
    .description(ABOUT)
    .argument('[name]', 'an experiment, or "everyone"; all of them where left out')
    .addOption(
      new Option('--window <window>', 'a UTC day such as 2026-11-26, "all" of the time, or "each"').default(
        'all',
      ),
    )
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'freshet experiments',
        'freshet experiments everyone --window each',
        'freshet experiments more-likes --window each --url http://127.0.0.1:8080',
      ),
    )
    .action(async (name: string | undefined, options: ExperimentsOptions) => {
      const { experimentReports, reportText, TOTALS_STORE } = await import('../experiments/report.ts')
      const prefix = name === undefined ? '' : `${name}/`
      const list = await inspecting(options, (inspection) =>
        inspection.rows(TOTALS_STORE, prefix, ROWS_MAX, null),
      )
      const { rows } = list
      elsewhereLines(TOTALS_STORE, list).forEach(say)
      if (rows.length === ROWS_MAX) say(`Only the first ${ROWS_MAX} rows count: name an experiment.`)
      const { window } = options
      const reports = experimentReports(rows).filter((each) => window === 'each' || each.window === window)
      if (options.json) printJson({ experiments: reports })
      else if (reports.length === 0) print(`Nothing has come of ${name ?? 'any experiment'} yet.`)
      else for (const report of reports) print(reportText(report))
    })
