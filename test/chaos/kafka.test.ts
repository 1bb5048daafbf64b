import { describe, expect, it } from 'vitest'
import { missing } from '../services/here.ts'
import { LoopDisk } from './disk/loop-disk.ts'
import { chaos } from './kafka/chaos.ts'
import { societyOf } from './kafka/input.ts'

const noDisk = LoopDisk.missing()
const full = noDisk === undefined ? 'a disk is full' : `no disk is full, for ${noDisk}`
const noKafka = (await missing('kafka')) ?? (await missing('redis'))

describe.skipIf(noKafka !== undefined)(`freshet workers on a Kafka cluster ${noKafka ?? ''}`, () => {
  it(`lose and duplicate nothing when they are killed with kill -9, a broker and Redis die, Redis is emptied, one sleeps past its session, tasks and partitions are taken from their owners in the midst of commits, and ${full}`, async ({
    signal,
  }) => {
    const times = {
      kills: 2,
      'broker-kills': 1,
      freezes: 1,
      rivals: 1,
      reassignments: 1,
      'redis-kills': 1,
      'redis-flushes': 1,
      'disk-fulls': noDisk === undefined ? 1 : 0,
    }
    const report = await chaos({
      seed: 5,
      times,
      partitions: 3,
      workers: 3,
      standbys: 1,
      input: await societyOf(40, 2),
      // So few that they last longer than what happens meanwhile: commits are under way all along.
      eventsPerSecond: 40,
      keys: 0,
      minutesMax: Infinity,
      told: signal,
      say: () => undefined,
    })
    expect(report).toMatchObject({
      times,
      carriedWrong: 0,
      inputLost: 0,
      inputDuplicated: 0,
      rowsMissing: 0,
      rowsExtra: 0,
      rowsDiffering: 0,
      settledLost: 0,
      settledDuplicated: 0,
      labelsLost: 0,
      labelsUnfounded: 0,
      labelsDuplicated: 0,
      countedWrong: 0,
      crashed: [],
    })
    expect(report.refused).toBeGreaterThan(0)
    expect(report.countedRows).toBeGreaterThan(300)
    expect(report.rows).toBeGreaterThan(1_000)
    expect(report.settledExamples).toBeGreaterThan(500)
    expect(report.labelExamples).toBeGreaterThan(500)
    expect(report.labelsCertain).toBeGreaterThan(0)
  }, 900_000)
})
