import { inspect } from 'node:util'
import { Stopping } from '../../cli/stopping.ts'
import { LoopDisk } from './disk/loop-disk.ts'
import { chaos } from './kafka/chaos.ts'
import { eventsIn, societyOf } from './kafka/input.ts'
import type { ChaosReport } from './kafka/report.ts'
import { optionsOf } from './options.ts'

/** Mounting a file system needs root; without it no disk is filled. */
const noDisk = LoopDisk.missing()
if (noDisk !== undefined) process.stderr.write(`no disk is filled: ${noDisk}\n`)

/**
 * `node test/chaos/kafka-run.ts [--kills 100] [--broker-kills 5] [--rivals 5] [--disk-fulls 1] [--seed 1] …`, a number
 * for each of the DISTURBANCES: prints JSON; exit 1 where anything was lost, counted twice or came out otherwise.
 * `--events FILE` publishes what `freshet import` wrote, instead of what a society does; with nothing disturbed
 * (`--kills 0 --broker-kills 0 …`) it asks whether a fleet comes to what one process does.
 */
const { numbers, texts } = optionsOf(
  {
    kills: 100,
    'broker-kills': 5,
    freezes: 5,
    rivals: 5,
    reassignments: 5,
    'redis-kills': 3,
    'redis-flushes': 3,
    'disk-fulls': noDisk === undefined ? 1 : 0,
    seed: 1,
    partitions: 12,
    workers: 3,
    standbys: 1,
    users: 120,
    days: 3,
    'events-per-second': 40,
    keys: 0,
    minutes: 60,
  },
  ['events'],
)
const told = new AbortController()
const running = chaos({
  seed: numbers.seed,
  times: numbers,
  partitions: numbers.partitions,
  workers: numbers.workers,
  standbys: numbers.standbys,
  input:
    texts.events === undefined ? await societyOf(numbers.users, numbers.days) : await eventsIn(texts.events),
  eventsPerSecond: numbers['events-per-second'],
  keys: numbers.keys,
  minutesMax: numbers.minutes,
  told: told.signal,
  say: (line) => process.stderr.write(`${line}\n`),
})
const stopping = new Stopping(async () => {
  told.abort(new Error('told to stop'))
  await running.catch(() => undefined)
}, 1)
/** Of the run, or of what goes on beside it; what is in the midst of something when all is stopped may fail. */
const failed = async (error: unknown): Promise<void> => {
  if (!stopping.begun) process.stderr.write(`${inspect(error)}\n`)
  await stopping.stop()
  process.exit(1)
}
process.on('uncaughtException', (error) => void failed(error))
const report = await running
process.stdout.write(`${JSON.stringify(report)}\n`)
/** What must be 0. */
const WRONG = [
  'inputLost',
  'inputDuplicated',
  'rowsMissing',
  'rowsExtra',
  'rowsDiffering',
  'settledLost',
  'settledDuplicated',
  'labelsLost',
  'labelsUnfounded',
  'labelsDuplicated',
  'countedWrong',
  'carriedWrong',
  'crashes',
] as const satisfies readonly (keyof ChaosReport)[]
process.exitCode = WRONG.every((name) => report[name] === 0) ? 0 : 1
