import { parseArgs } from 'node:util'
import { chaos } from './kafka/chaos.ts'

/**
 * `node test/chaos/kafka-run.ts [--kills 100] [--broker-kills 5] [--freezes 5] [--seed 1] …`: prints JSON; exit 1 where
 * anything was lost, counted twice or came out otherwise.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    'broker-kills': { type: 'string', default: '5' },
    freezes: { type: 'string', default: '5' },
    'redis-kills': { type: 'string', default: '3' },
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
  users: Number(values.users),
  days: Number(values.days),
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
