import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { millis, type Millis } from '../../schemas/ids.ts'
import type { InputPosition, Log, LogSession } from '../../engine/log/port.ts'
import { frameOfValues, readAll, recordsOf, valuesOf } from './frames.ts'
import type { LogFixture, LogTraits } from './log-subject.ts'

const RETENTION_MS = 1000
const VISIBLE_MS_MAX = 10_000
const VISIBLE_POLL_MS = 20
const TOPICS = ['one', 'two']
const PARTITIONS = 2
const TASKS = ['first', 'second']

/** Frames as lists of record counts, by topic and partition. */
const frames = fc.array(
  fc.record({ topic: fc.constantFrom(...TOPICS), partition: fc.nat(PARTITIONS - 1), records: fc.nat(4) }),
  { maxLength: 4 },
)

const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      groups: fc.array(frames, { maxLength: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      task: fc.nat(TASKS.length - 1),
      outputs: frames,
      reads: fc.array(
        fc.record({ topic: fc.constantFrom(...TOPICS), partition: fc.nat(PARTITIONS - 1), ahead: fc.nat(6) }),
      ),
      block: fc.string({ maxLength: 5 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      topic: fc.constantFrom(...TOPICS),
      partition: fc.nat(PARTITIONS - 1),
      offset: fc.nat(40),
      bytesMax: fc.nat(200),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('session' as const), task: fc.nat(TASKS.length - 1) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('trim' as const),
      task: fc.nat(TASKS.length - 1),
      back: fc.nat(3),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('retention' as const), afterMs: fc.nat(800) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
)
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never
type Frames = typeof frames extends fc.Arbitrary<infer Value> ? Value : never

interface ModelFrame {
  readonly base: number
  readonly values: readonly string[]
  readonly appendedAt: number
}

interface ModelTask {
  sequence: number
  trimmed: number
  readonly positions: Map<string, InputPosition>
  readonly blocks: string[]
}

/** The log as a few lists, beside the real one. */
class ModelRun {
  private readonly fixture: LogFixture
  private log!: Log
  private now = 10_000
  private written = 0
  private readonly partitions = new Map<string, { frames: ModelFrame[]; start: number; end: number }>()
  private readonly tasks = TASKS.map((): ModelTask => ({
    sequence: 0,
    trimmed: 0,
    positions: new Map(),
    blocks: [],
  }))
  private sessions: (LogSession | undefined)[] = []

  /** Real offsets by the model's, as far as they were read; the same where none are left out. */
  private readonly offsets = new Map<string, number>()
  private readonly traits: LogTraits

  constructor(fixture: LogFixture, traits: LogTraits) {
    this.fixture = fixture
    this.traits = traits
    for (const topic of TOPICS) {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        this.partitions.set(`${topic}/${partition}`, { frames: [], start: 0, end: 0 })
      }
    }
  }

  async run(operations: readonly Operation[]): Promise<void> {
    this.log = await this.fixture.open(() => this.clock())
    await this.log.createTopics(
      TOPICS.map((name) => ({ name, partitions: PARTITIONS, retentionMs: RETENTION_MS })),
    )
    for (const step of operations) {
      await this.apply(step)
      this.compareOffsets()
    }
    await this.reopen()
    this.compareOffsets()
    for (const name of this.partitions.keys()) await this.read(name, 0, 1 << 20)
    for (let task = 0; task < TASKS.length; task++) await this.compareTask(task)
    await this.log.close()
  }

  private clock(): Millis {
    return millis(this.now)
  }

  private async apply(step: Operation): Promise<void> {
    switch (step.kind) {
      case 'append':
        await Promise.all(step.groups.map((group) => this.log.append(this.write(group))))
        return
      case 'read':
        return this.read(`${step.topic}/${step.partition}`, step.offset, step.bytesMax)
      case 'commit':
        return this.commit(step)
      case 'session':
        this.sessions[step.task] = await this.log.session(TASKS[step.task]!)
        return this.compareTask(step.task)
      case 'trim': {
        const sequence = this.tasks[step.task]!.sequence - step.back
        await (await this.session(step.task)).trimChangelog(sequence)
        this.tasks[step.task]!.trimmed = Math.max(this.tasks[step.task]!.trimmed, sequence)
        return
      }
      case 'retention':
        this.now += step.afterMs
        await this.log.enforceRetention(this.clock())
        this.dropOld()
        return
      case 'reopen':
        return this.reopen()
    }
  }

  /** Puts frames into the model; answers the same for the log. */
  private write(group: Frames) {
    return group.map(({ topic, partition, records }) => {
      const values = Array.from({ length: records }, () => `value ${this.written++}`)
      const model = this.partitions.get(`${topic}/${partition}`)!
      if (records > 0) model.frames.push({ base: model.end, values, appendedAt: this.now })
      model.end += records
      return { topic, partition, frame: frameOfValues(...values) }
    })
  }

  private async commit(step: Extract<Operation, { kind: 'commit' }>): Promise<void> {
    const task = this.tasks[step.task]!
    const session = await this.session(step.task)
    const outputs = this.write(step.outputs)
    for (const { topic, partition, ahead } of step.reads) {
      const name = `${topic}/${partition}`
      const before = task.positions.get(name)?.offset ?? 0
      const offset = Math.min(before + ahead, this.partitions.get(name)!.end)
      task.positions.set(name, { topic, partition, offset, newest: this.now })
    }
    const positions = step.reads.map(({ topic, partition }) => task.positions.get(`${topic}/${partition}`)!)
    task.blocks.push(step.block)
    expect(await session.commit({ positions, outputs, changelog: Buffer.from(step.block) })).toBe(
      ++task.sequence,
    )
  }

  private async session(task: number): Promise<LogSession> {
    return (this.sessions[task] ??= await this.log.session(TASKS[task]!))
  }

  private async read(name: string, offset: number, bytesMax: number): Promise<void> {
    if (this.traits.offsets === 'sparse') return this.readSparse(name)
    const [topic, partition] = name.split('/') as [string, string]
    const model = this.partitions.get(name)!
    const read = recordsOf(await this.log.read(topic, Number(partition), offset, bytesMax), offset)
    const expected = model.frames
      .filter(({ base }) => base >= model.start)
      .flatMap(({ base, values }) => values.map((value, index) => ({ offset: base + index, value })))
      .filter((record) => record.offset >= offset)
    expect(read).toEqual(expected.slice(0, read.length))
    if (expected.length > 0) expect(read.length).toBeGreaterThan(0)
  }

  /** Everything, in order, and each record where it was when it was last read. */
  private async readSparse(name: string): Promise<void> {
    const [topic, partition] = name.split('/') as [string, string]
    const { frames } = this.partitions.get(name)!
    const values = frames.flatMap((each) => each.values)
    let read = await readAll(this.log, topic, Number(partition))
    // A commit is answered when it can no longer fail; that it may be read is told to each partition after that.
    for (const deadline = performance.now() + VISIBLE_MS_MAX; read.length < values.length;) {
      expect(performance.now()).toBeLessThan(deadline)
      await setTimeout(VISIBLE_POLL_MS)
      read = await readAll(this.log, topic, Number(partition))
    }
    expect(valuesOf(read)).toEqual(values)
    for (const [index, { value, offset }] of read.entries()) {
      if (index > 0) expect(offset).toBeGreaterThan(read[index - 1]!.offset)
      expect(offset).toBe(this.offsets.get(value) ?? offset)
      this.offsets.set(value, offset)
    }
  }

  private dropOld(): void {
    if (this.traits.retention === 'brokers') return
    for (const [name, model] of this.partitions) {
      const offsets = this.tasks.flatMap(({ positions }) => positions.get(name)?.offset ?? [])
      const consumed = Math.min(Infinity, ...offsets)
      for (const { base, values, appendedAt } of model.frames) {
        if (base < model.start) continue
        if (appendedAt >= this.now - RETENTION_MS || base + values.length > consumed) break
        model.start = base + values.length
      }
    }
  }

  private async reopen(): Promise<void> {
    await this.log.close()
    this.sessions = []
    this.log = await this.fixture.open(() => this.clock())
  }

  private compareOffsets(): void {
    if (this.traits.offsets === 'sparse') return
    for (const [name, { start, end }] of this.partitions) {
      const [topic, partition] = name.split('/') as [string, string]
      const found = [
        this.log.startOffset(topic, Number(partition)),
        this.log.endOffset(topic, Number(partition)),
      ]
      expect(found).toEqual([start, end])
    }
  }

  private async compareTask(number: number): Promise<void> {
    const task = this.tasks[number]!
    const session = await this.session(number)
    expect(session.sequence()).toBe(task.sequence)
    const positions = new Map(session.positions().map((at) => [`${at.topic}/${at.partition}`, at]))
    expect(positions).toEqual(task.positions)
    const blocks: string[] = []
    for await (const { bytes } of session.changelog(task.trimmed)) blocks.push(bytes.toString())
    expect(blocks).toEqual(task.blocks.slice(task.trimmed))
  }
}

/** Random runs of every operation, compared with the model after each step. */
export const logKeepsToItsModel = (
  fixtureOf: () => Promise<LogFixture>,
  traits: LogTraits,
  runs: number,
): void => {
  test('random runs, with reopenings, agree with a model of a few lists', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
        const fixture = await fixtureOf()
        try {
          await new ModelRun(fixture, traits).run(operations)
        } finally {
          await fixture.dispose()
        }
      }),
      { numRuns: runs },
    )
  })
}
