import { Command } from 'commander'
import type { ImportProgress, ImportReport } from '../import/stackexchange.ts'
import { systemClock } from '../runtime/clock.ts'
import { grouped, print, printJson, Progress } from '../terminal.ts'
import { examples, jsonOption } from './options.ts'

interface ImportOptions {
  readonly out: string
  readonly json?: boolean
}

export const importCommand = (): Command =>
  new Command('import').description('Turns data of others into contract events.').addCommand(
    new Command('stackexchange')
      .summary('Turns a Stack Exchange dump into events.')
      .description(
        'Turns a Stack Exchange dump in CSV form into NDJSON for `freshet replay`, in time order.\n\n' +
          'DIR holds Posts, Comments, Votes and Tags, each .csv or .csv.gz. What becomes what is told in ' +
          'cli/import/README.md.',
      )
      .argument('<dir>', 'directory of the dump')
      .requiredOption('--out <file>', 'NDJSON to write; a file that is there is replaced')
      .addOption(jsonOption())
      .addHelpText(
        'after',
        examples('freshet import stackexchange travel_stackexchange_2017 --out travel.ndjson'),
      )
      .action(run),
  )

const run = async (directory: string, options: ImportOptions): Promise<void> => {
  const { importStackExchange } = await import('../import/stackexchange.ts')
  const progress = new Progress(() => systemClock.monotonicMs())
  const onProgress = (now: ImportProgress): void => progress.update(() => standing(now))
  try {
    const report = await importStackExchange({ directory, out: options.out, onProgress })
    progress.clear()
    if (options.json) printJson(report)
    else print(summary(report, options.out))
  } finally {
    progress.clear()
  }
}

const standing = ({ stage, rows, events }: ImportProgress): string =>
  stage === 'sorting'
    ? `sorting ${grouped(events)} events`
    : `${stage}: ${grouped(rows)} rows, ${grouped(events)} events`

const counts = (byName: Readonly<Record<string, number>>): string =>
  Object.entries(byName)
    .map(([name, count]) => `${name} ${grouped(count)}`)
    .join(', ')

const summary = (report: ImportReport, out: string): string => {
  const { events, written, skipped, movedToPost, firstAt, lastAt } = report
  const span =
    firstAt === null || lastAt === null
      ? []
      : [`from ${new Date(firstAt).toISOString()} to ${new Date(lastAt).toISOString()}`]
  return [
    `${grouped(events)} events in ${out}`,
    ...span,
    ...Object.entries(written).map(([topic, byName]) => `${topic}: ${counts(byName)}`),
    `skipped: ${counts(skipped)}`,
    `moved to their post's time: ${grouped(movedToPost)}`,
  ].join('\n')
}
