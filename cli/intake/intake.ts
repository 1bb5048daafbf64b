import { type Clock, FUTURE_MS_MAX } from '../../engine/clock.ts'
import { ENGINE_ERRORS } from '../../engine/errors.ts'
import { type Envelope, readEnvelope } from '../../schemas/envelope.ts'
import { type Refusal, refusalOf } from './refusal.ts'

/** Takes events that passed: a publisher's batch. */
export interface EventSink {
  add(event: Envelope): void
}

/**
 * The one door for events, from HTTP and from files: reads a line, checks it against its contract and the
 * clock, and adds it to the sink or says why not. What is added is accepted only once the sink made it durable.
 */
export class Intake {
  private readonly sink: EventSink
  private readonly clock: Clock

  constructor(sink: EventSink, clock: Clock) {
    this.sink = sink
    this.clock = clock
  }

  /** Answers the refusal, or undefined for an event that was added. */
  take(buffer: Buffer, start: number, end: number, line: number): Refusal | undefined {
    try {
      const event = readEnvelope(buffer, start, end)
      const at = event.contract.timeOf(event.value)
      const latest = this.clock.now() + FUTURE_MS_MAX
      if (at > latest) return inFuture(line, at, latest)
      this.sink.add(event)
      return undefined
    } catch (error) {
      return refusalOf(error, line)
    }
  }
}

const inFuture = (line: number, at: number, latest: number): Refusal => ({
  line,
  code: 'TIME_IN_FUTURE',
  rule: null,
  field: 'at',
  message: `TIME_IN_FUTURE at at: It is ${at}, later than ${latest}. ${ENGINE_ERRORS.TIME_IN_FUTURE.action}`,
})
