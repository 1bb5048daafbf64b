import { assertReadable } from '../intake/event-file.ts'
import { tellRefusals } from '../intake/telling.ts'
import { tellPassing } from '../remote/passing.ts'
import { systemClock } from '../runtime/clock.ts'
import { openData } from '../runtime/open.ts'
import { grouped, print, printJson, Progress } from '../terminal.ts'
import { LocalSink } from './local-sink.ts'
import { RemoteSink } from './remote-sink.ts'
import { replay, type ReplayProgress, type ReplayResult } from './replay.ts'
import type { ReplaySink } from './sink.ts'

export interface ReplayCommandOptions {
  readonly data: string
  readonly to?: string
  readonly partitions?: number
  readonly speed: number
  readonly json?: boolean
}

/** What `freshet replay` does: plays a file, tells how it goes, and how it went. */
export const runReplay = async (file: string, options: ReplayCommandOptions): Promise<void> => {
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
  const { embedded, counts } = await openData({
    data,
    failed: tellPassing(systemClock),
    ...(partitions !== undefined && { partitions }),
  })
  try {
    return await use(new LocalSink(embedded, counts, systemClock))
  } finally {
    await embedded.close()
  }
}

const play = async (file: string, options: ReplayCommandOptions, sink: ReplaySink): Promise<ReplayResult> => {
  const progress = new Progress(() => systemClock.monotonicMs())
  try {
    return await replay({
      file,
      speed: options.speed,
      sink,
      clock: systemClock,
      onRefused: tellRefusals(progress),
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

/** How a replay went, in words. */
export const summary = (result: ReplayResult): string => {
  const { accepted, settled, refused, late, duplicates, dead_letters, events_per_s, seconds } = result
  const processed = settled ? ', all of them processed' : '; whether they are processed is not known'
  return [
    `accepted      ${grouped(accepted)}${processed}`,
    `refused       ${grouped(refused)}`,
    `late          ${known(late)} (counted all the same)`,
    `duplicates    ${known(duplicates)}`,
    `dead letters  ${known(dead_letters)}`,
    `speed         ${grouped(events_per_s)} events/s over ${seconds} s`,
  ].join('\n')
}
