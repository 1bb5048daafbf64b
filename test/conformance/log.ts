import { afterEach, beforeEach, describe } from 'vitest'
import { appendingConformance } from './log-appending.ts'
import { lifetimeConformance } from './log-lifetime.ts'
import { followingConformance } from './log-following.ts'
import { logKeepsToItsModel } from './log-model.ts'
import { sessionsConformance } from './log-sessions.ts'
import { LogSubject, type LogFixture, type LogTraits } from './log-subject.ts'
import { topicsConformance } from './log-topics.ts'

export interface LogConformanceOptions {
  /** Random runs against the model; each opens the log a few times. */
  readonly modelRuns: number
  readonly traits?: LogTraits
  /** Whether it is a `SharedLog`: its fixtures then open such. */
  readonly isShared?: boolean
}

/** What every log promises, whatever is behind it. */
export const logConformance = (
  name: string,
  fixtureOf: () => Promise<LogFixture>,
  options: LogConformanceOptions,
): void => {
  describe(`${name}: the log's contract`, () => {
    const { modelRuns, traits = { offsets: 'dense', retention: 'log' } } = options
    const subject = new LogSubject(traits)
    beforeEach(async () => subject.start(await fixtureOf()))
    afterEach(() => subject.end())

    topicsConformance(subject)
    appendingConformance(subject)
    sessionsConformance(subject)
    lifetimeConformance(subject)
    if (options.isShared === true) followingConformance(subject)
    logKeepsToItsModel(fixtureOf, traits, modelRuns)
  })
}
