import { parseArgs } from 'node:util'
import { chaos } from './kafka/chaos.ts'
import { eventsIn, societyOf } from './kafka/input.ts'

/**
 * `node test/chaos/kafka-run.ts [--kills 100] [--broker-kills 5] [--freezes 5] [--disk-fulls 1] [--seed 1] …`: prints
 * JSON; exit 1 where anything was lost, counted twice or came out otherwise. A disk that can be filled needs root.
 * `--events FILE` publishes what `freshet import` wrote, instead of what a society does; with nothing disturbed
 * (`--kills 0 --broker-kills 0 --freezes 0 --redis-kills 0`) it asks whether a fleet comes to what one process does.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    'broker-kills': { type: 'string', default: '5' },
    freezes: { type: 'string', default: '5' },
    'redis-kills': { type: 'string', default: '3' },
    'disk-fulls': { type: 'string', default: '0' },
    events: { type: 'string' },
    seed: { type: 'string', default: '1' },
    partitions: { type: 'string', default: '12' },
    workers: { type: 'string', default: '3' },
    standbys: { type: 'string', default: '1' },
    users: { type: 'string', default: '120' },
    days: { type: 'string', default: '3' },
    'events-per-second': { type: 'string', default: '40' },
    keys: { type: 'string', default: '0' },
    minutes: { type: 'string', default: '60' },
  },
})
const report = await chaos({
  seed: Number(values.seed),
  kills: Number(values.kills),
  brokerKills: Number(values['broker-kills']),
  freezes: Number(values.freezes),
  redisKills: Number(values['redis-kills']),
  partitions: Number(values.partitions),
  workers: Number(values.workers),
  standbys: Number(values.standbys),
  diskFulls: Number(values['disk-fulls']),
  input:
    values.events === undefined
      ? await societyOf(Number(values.users), Number(values.days))
      : await eventsIn(values.events),
  eventsPerSecond: Number(values['events-per-second']),
  keys: Number(values.keys),
  minutesMax: Number(values.minutes),
  say: (line) => process.stderr.write(`${line}\n`),
})
process.stdout.write(`${JSON.stringify(report)}\n`)
const {
  rowsMissing,
  rowsExtra,
  rowsDiffering,
  outputsLost,
  outputsDuplicated,
  inputLost,
  crashes,
  carriedWrong,
} = report
const wrong =
  rowsMissing +
  rowsExtra +
  rowsDiffering +
  outputsLost +
  outputsDuplicated +
  inputLost +
  crashes +
  carriedWrong
process.exitCode = wrong === 0 ? 0 : 1
