import type { Millis } from '../../schemas/ids.ts'
import { checkSpec, unknownPartition, unknownTopic } from './entries.ts'
import type { AppendEntry, FollowedBlock, InputPosition, Reads, StoredFrame, TopicSpec } from './port.ts'
import { leastConsumed } from './positions.ts'

interface SimulatedFrame extends StoredFrame {
  readonly end: number
  readonly appendedAt: Millis
}

export interface SimulatedPartition {
  frames: SimulatedFrame[]
  start: number
  end: number
}

export interface SimulatedTask {
  epoch: number
  sequence: number
  trimmed: number
  positions: readonly InputPosition[]
  changelog: readonly FollowedBlock[]
}

interface SimulatedTopic {
  retentionMs: number
  readonly partitions: readonly SimulatedPartition[]
}

/** What outlives a process: everything a simulated log holds. Several logs over one disk are several workers. */
export class SimulatedLogDisk {
  private readonly topics = new Map<string, SimulatedTopic>()
  private readonly tasks = new Map<string, SimulatedTask>()
  readonly listeners = new Set<() => void>()

  create(specs: readonly TopicSpec[]): void {
    for (const spec of specs) checkSpec(spec, this.topics.get(spec.name)?.partitions.length)
    for (const { name, partitions, retentionMs } of specs) {
      const existing = this.topics.get(name)
      if (existing !== undefined) existing.retentionMs = retentionMs
      else
        this.topics.set(name, { retentionMs, partitions: Array.from({ length: partitions }, emptyPartition) })
    }
  }

  topic(name: string): SimulatedTopic {
    const topic = this.topics.get(name)
    if (topic === undefined) throw unknownTopic(name)
    return topic
  }

  partition(name: string, number: number): SimulatedPartition {
    const { partitions } = this.topic(name)
    const partition = partitions[number]
    if (partition === undefined) throw unknownPartition(name, number, partitions.length)
    return partition
  }

  task(id: string): SimulatedTask {
    let task = this.tasks.get(id)
    if (task === undefined) {
      task = { epoch: 0, sequence: 0, trimmed: 0, positions: [], changelog: [] }
      this.tasks.set(id, task)
    }
    return task
  }

  /** Entries were checked. */
  append(entries: readonly AppendEntry[], now: Millis): void {
    let appended = false
    for (const { topic, partition: number, frame } of entries) {
      if (frame.count === 0) continue
      const partition = this.partition(topic, number)
      const end = partition.end + frame.count
      partition.frames.push({ baseOffset: partition.end, end, frame, appendedAt: now })
      partition.end = end
      appended = true
    }
    if (appended) for (const listener of this.listeners) listener()
  }

  enforceRetention(now: Millis, reads: Reads): void {
    const tasks = [...this.tasks].map(([id, { positions }]) => ({ id, positions }))
    for (const [name, { retentionMs, partitions }] of this.topics) {
      partitions.forEach((partition, number) => {
        const consumed = leastConsumed(tasks, reads, name, number)
        const kept = partition.frames.findIndex(
          (frame) => frame.appendedAt >= now - retentionMs || frame.end > consumed,
        )
        const dropped = kept === -1 ? partition.frames.length : kept
        if (dropped === 0) return
        partition.start = partition.frames[dropped - 1]!.end
        partition.frames = partition.frames.slice(dropped)
      })
    }
  }
}

const emptyPartition = (): SimulatedPartition => ({ frames: [], start: 0, end: 0 })
