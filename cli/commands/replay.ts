import { Command, Option } from 'commander'
import type { Refusal } from '../intake/refusal.ts'
import { LocalSink } from '../replay/local-sink.ts'
import { RemoteSink } from '../replay/remote-sink.ts'
import { assertReadable, replay, type ReplayProgress, type ReplayResult } from '../replay/replay.ts'
import type { ReplaySink } from '../replay/sink.ts'
import { systemClock } from '../runtime/clock.ts'
import { openData } from '../runtime/open.ts'
import { grouped, print, printJson, Progress, say } from '../terminal.ts'
import { dataOption, examples, integer, jsonOption, speed } from './options.ts'

/** Refused lines that are shown; the rest are counted. */
const REFUSALS_SHOWN = 10
const PARTITIONS_MAX = 64

interface ReplayCommandOptions {
  readonly data: string
  readonly to?: string
  readonly partitions?: number
  readonly speed: number
  readonly json?: boolean
}

export const replayCommand = (): Command =>
  new Command('replay')
    .summary('sends a file of events through the same validation as HTTP')
    .description(
      'Sends a file of events through the same validation as HTTP, into the log and the topologies.\n\n' +
        'FILE is NDJSON, one {"topic":…,"value":{…}} a line, or gzip of it (.gz). Replaying a file again\n' +
        'changes nothing while its event ids are remembered.',
    )
    .argument('<file>', 'NDJSON, or .gz of it')
    .addOption(dataOption())
    .addOption(new Option('--to <url>', 'send to a running `freshet up` instead of a data directory'))
    .addOption(
      new Option('--partitions <n>', 'partitions of a new data directory').argParser(
        integer(1, PARTITIONS_MAX),
      ),
    )
    .addOption(
      new Option('--speed <n>', '"max", or a multiple of the speed at which it happened')
        .argParser(speed)
        .default(Infinity, 'max'),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'freshet replay events.ndjson.gz',
        'freshet replay day.ndjson --speed 60           # an hour in a minute',
        'freshet replay events.ndjson --to http://127.0.0.1:8080',
      ),
    )
    .action(run)

const run = async (file: string, options: ReplayCommandOptions): Promise<void> => {
  await assertReadable(file)
  const result = await withSink(options, (sink) => play(file, options, sink))
  if (options.json) printJson(result)
  else print(summary(result))
}

const withSink = async (
  options: ReplayCommandOptions,
  use: (sink: ReplaySink) => Promise<ReplayResult>,
): Promise<ReplayResult> => {
  if (options.to !== undefined) return use(await RemoteSink.open(options.to, systemClock))
  const { data, partitions } = options
  const { embedded, counts } = await openData({ data, ...(partitions !== undefined && { partitions }) })
  try {
    return await use(new LocalSink(embedded, counts, systemClock))
  } finally {
    await embedded.close()
  }
}

const play = async (file: string, options: ReplayCommandOptions, sink: ReplaySink): Promise<ReplayResult> => {
  const progress = new Progress(() => systemClock.monotonicMs())
  let shown = 0
  const onRefused = (refusal: Refusal): void => {
    if (shown >= REFUSALS_SHOWN) return
    progress.clear()
    say(`line ${refusal.line}: ${refusal.message}`)
    if (++shown === REFUSALS_SHOWN) say('further refusals are only counted')
  }
  try {
    return await replay({
      file,
      speed: options.speed,
      sink,
      clock: systemClock,
      onRefused,
      onProgress: (now) => progress.update(() => standing(now)),
    })
  } finally {
    progress.clear()
  }
}

const standing = ({ accepted, refused, eventsPerSecond, lagRecords }: ReplayProgress): string =>
  `${grouped(accepted)} accepted · ${grouped(eventsPerSecond)} events/s` +
  `${lagRecords === null ? '' : ` · lag ${grouped(lagRecords)}`} · ${grouped(refused)} refused`

const known = (count: number | null): string => (count === null ? 'not known' : grouped(count))

const summary = (result: ReplayResult): string => {
  const { accepted, refused, late, duplicates, dead_letters, events_per_s, seconds } = result
  return [
    `accepted      ${grouped(accepted)}, all of them processed`,
    `refused       ${grouped(refused)}`,
    `late          ${known(late)} (counted all the same)`,
    `duplicates    ${known(duplicates)}`,
    `dead letters  ${known(dead_letters)}`,
    `speed         ${grouped(events_per_s)} events/s over ${seconds} s`,
  ].join('\n')
}
