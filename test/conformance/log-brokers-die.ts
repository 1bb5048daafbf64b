import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cluster } from '../../engine/log/kafka/cluster.ts'
import { loadLibrary } from '../../engine/log/kafka/library.ts'
import { KafkaLog } from '../../engine/log/kafka.ts'
import type { KafkaService } from '../../services/port.ts'
import { START_MS_MAX } from '../services/here.ts'
import { commitAtLast } from './commit-at-last.ts'
import { entry, readAll, valuesOf } from './frames.ts'
import { blocksOf, position } from './log-subject.ts'

const PARTITIONS = 4
const TASK = 'user-0'
const COMMITS_A_KILL = 6
const TEST_MS_MAX = 300_000

/** What a log on a cluster of three promises while its brokers are killed by `kill -9` and come back. */
export const brokersDieConformance = (kafkaOf: () => KafkaService): void => {
  let kafka: KafkaService
  let log: KafkaLog

  beforeAll(async () => {
    kafka = kafkaOf()
    log = await KafkaLog.open({ brokers: kafka.brokers, prefix: 'faults.', changelogPartitions: 1 })
    const spec = { partitions: PARTITIONS, retentionMs: Infinity }
    await log.createTopics(['events', 'outputs'].map((name) => ({ name, ...spec })))
  }, START_MS_MAX)

  afterAll(() => log.close())

  /** Which node leads a partition, as a newcomer is told. */
  const leaderOf = async (topic: string, partition: number): Promise<number> => {
    const cluster = new Cluster(await loadLibrary(), { brokers: kafka.brokers, changelogPartitions: 1 })
    await cluster.refresh()
    const leader = cluster.leader(`faults.${topic}`, partition)
    await cluster.close()
    // Nodes count from 0 here, brokers from 1.
    return leader! - 1
  }

  test(
    'the leader killed under appends to several partitions: all that was acknowledged is there once, in order',
    async () => {
      const sent: string[][] = Array.from({ length: PARTITIONS }, () => [])
      const over = new AbortController()
      const sender = async (name: number): Promise<void> => {
        for (let at = 0; !over.signal.aborted; at++) {
          const values = sent.map((_, partition) => `${partition}.${name}.${at}`)
          await log.append(values.map((value, partition) => entry('events', partition, value)))
          for (const [partition, value] of values.entries()) sent[partition]!.push(value)
        }
      }
      const senders = [0, 1, 2].map(sender)
      for (let kills = 0; kills < 3; kills++) {
        await sleep(500)
        const node = kafka.nodes[await leaderOf('events', kills % PARTITIONS)]!
        await node.kill()
        await sleep(500)
        await node.restart()
      }
      over.abort()
      await Promise.all(senders)
      for (const [partition, values] of sent.entries()) {
        const read = valuesOf(await readAll(log, 'events', partition))
        expect(read.toSorted()).toEqual(values.toSorted())
        for (const name of [0, 1, 2]) {
          const of = (each: string): boolean => each.startsWith(`${partition}.${name}.`)
          expect(read.filter(of)).toEqual(values.filter(of))
        }
      }
    },
    TEST_MS_MAX,
  )

  test(
    'brokers killed under commits: each commit took effect once, outputs and changelog together',
    async () => {
      let session = await log.session(TASK)
      const over = new AbortController()
      let commits = 0
      // So many commits lie between two kills, however long they take; what a kill meets is not chosen.
      const killer = (async () => {
        for (let kills = 0; kills < 4; kills++) {
          const isDue = (): boolean => commits >= (kills + 1) * COMMITS_A_KILL
          while (!isDue()) await sleep(1)
          const node = kafka.nodes[kills % kafka.nodes.length]!
          await node.kill()
          await sleep(300)
          await node.restart()
        }
      })().finally(() => over.abort())
      while (!over.signal.aborted) {
        commits++
        // Those without outputs are one record each, and no transaction.
        const partitions = commits % 2 === 0 ? PARTITIONS : 0
        const outputs = Array.from({ length: partitions }, (_, partition) =>
          entry('outputs', partition, `${partition}.${commits}`),
        )
        const positions = [position(0, commits)]
        const commit = { positions, outputs, changelog: Buffer.from(`${commits}`) }
        session = await commitAtLast(session, commit, () => log.session(TASK))
        expect(session.sequence()).toBe(commits)
      }
      await killer
      const sequences = Array.from({ length: commits }, (_, at) => at + 1)
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const records = await readAll(log, 'outputs', partition)
        const offsets = records.map(({ offset }) => offset)
        expect(offsets, 'read once each').toEqual([...new Set(offsets)].toSorted((one, other) => one - other))
        const even = sequences.filter((sequence) => sequence % 2 === 0)
        // Where each lies tells which attempt of a commit it is of.
        const places = records.map(({ offset, value }) => `${value}@${offset}`).join(' ')
        expect(valuesOf(records), places).toEqual(even.map((sequence) => `${partition}.${sequence}`))
      }
      const after = await log.session(TASK)
      expect(after.sequence()).toBe(commits)
      expect(after.positions()).toEqual([position(0, commits)])
      expect(await blocksOf(after, 0)).toEqual(sequences.map((sequence) => [sequence, `${sequence}`]))
    },
    TEST_MS_MAX,
  )
}
