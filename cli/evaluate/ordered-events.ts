import { join } from 'node:path'
import type { Clock } from '../../engine/clock.ts'
import { type Envelope, LINE_BYTES_MAX } from '../../schemas/envelope.ts'
import type { Millis } from '../../schemas/ids.ts'
import { EventSorter } from '../import/event-sorter.ts'
import { eventFileStream, readingError } from '../intake/event-file.ts'
import { type EventSink, Intake } from '../intake/intake.ts'
import { type Line, LineSplitter } from '../intake/line-splitter.ts'
import { type Refusal, tooLong } from '../intake/refusal.ts'

/** The sorter's tie breaker before the order of arrival; here all events are alike. */
const RANK = 0

export interface OrderedEventsOptions {
  readonly file: string
  /** Where the sorted events are kept. */
  readonly directory: string
  readonly clock: Clock
  readonly onRefused: (refusal: Refusal) => void
}

/** The accepted events of a file by event time; those of one millisecond as they stand in the file. */
export class OrderedEvents {
  /** Null where nothing was accepted. */
  readonly firstAt: Millis | null
  readonly lastAt: Millis | null
  /** Lines accepted. */
  readonly count: number
  readonly refused: number
  private readonly sorted: string
  private readonly clock: Clock

  private constructor(sorted: string, clock: Clock, { firstAt, lastAt, count, refused }: Sorting) {
    this.sorted = sorted
    this.clock = clock
    this.firstAt = firstAt
    this.lastAt = lastAt
    this.count = count
    this.refused = refused
  }

  /** Checks every line as `freshet replay` does, and sorts what is accepted. */
  static async of({ file, directory, clock, onRefused }: OrderedEventsOptions): Promise<OrderedEvents> {
    const sorted = join(directory, 'events.ndjson')
    const sorter = await EventSorter.create(sorted)
    try {
      const sorting = new Sorting(sorter, clock, onRefused)
      await eachLine(file, (line) => sorting.take(line))
      await sorter.finish()
      return new OrderedEvents(sorted, clock, sorting)
    } finally {
      await sorter.close()
    }
  }

  /**
   * Calls for every event up to a time, each once however often it was published, with its place among them from 0 on;
   * waits for what the call answers. The same whenever it is asked.
   */
  async each(
    upTo: Millis,
    call: (event: Envelope, place: number) => Promise<void> | undefined,
  ): Promise<void> {
    let place = 0
    const distinct = new Distinct()
    const opened = new Opened()
    const intake = new Intake(opened, this.clock)
    await eachLine(this.sorted, ({ buffer, start, end, number }) => {
      intake.take(buffer, start, end, number)
      const event = opened.take()
      if (event === undefined || event.contract.timeOf(event.value) > upTo) return undefined
      return distinct.isNew(event) ? call(event, place++) : undefined
    })
  }
}

/** Holds the event of the line that was taken in last. */
class Opened implements EventSink {
  private event: Envelope | undefined

  add(event: Envelope): void {
    this.event = event
  }

  /** Undefined where the line was refused. */
  take(): Envelope | undefined {
    const { event } = this
    this.event = undefined
    return event
  }
}

/** What is known of the lines so far. */
class Sorting {
  firstAt: Millis | null = null
  lastAt: Millis | null = null
  count = 0
  refused = 0
  private readonly sorter: EventSorter
  private readonly opened = new Opened()
  private readonly intake: Intake
  private readonly onRefused: (refusal: Refusal) => void

  constructor(sorter: EventSorter, clock: Clock, onRefused: (refusal: Refusal) => void) {
    this.sorter = sorter
    this.onRefused = onRefused
    this.intake = new Intake(this.opened, clock)
  }

  take(line: Line): Promise<void> | undefined {
    const { buffer, start, end, number } = line
    const refusal = line.tooLong ? tooLong(number) : this.intake.take(buffer, start, end, number)
    const event = this.opened.take()
    if (event === undefined) {
      this.refused++
      if (refusal !== undefined) this.onRefused(refusal)
      return undefined
    }
    const at = event.contract.timeOf(event.value)
    this.count++
    if (this.firstAt === null || at < this.firstAt) this.firstAt = at
    if (this.lastAt === null || at > this.lastAt) this.lastAt = at
    return this.sorter.add(at, RANK, buffer.toString('utf8', start, end))
  }
}

/** Tells events that came before by their ids. What was published again bears the same time, so one is enough. */
class Distinct {
  private at: Millis | undefined
  private readonly ids = new Set<string>()

  isNew({ contract, value }: Envelope): boolean {
    const at = contract.timeOf(value)
    if (at !== this.at) this.ids.clear()
    this.at = at
    const id = `${contract.topic} ${contract.eventIdOf?.(value)}`
    if (this.ids.has(id)) return false
    this.ids.add(id)
    return true
  }
}

/** Waits only where `take` answers something to wait for. */
const eachLine = async (file: string, take: (line: Line) => Promise<void> | undefined): Promise<void> => {
  const splitter = new LineSplitter(LINE_BYTES_MAX)
  const takeAll = async (lines: Iterable<Line>): Promise<void> => {
    for (const line of lines) {
      const waiting = take(line)
      if (waiting !== undefined) await waiting
    }
  }
  try {
    for await (const chunk of eventFileStream(file)) await takeAll(splitter.lines(chunk as Buffer))
    await takeAll(splitter.end())
  } catch (error) {
    throw readingError(file, error)
  }
}
