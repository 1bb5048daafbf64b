import { createReadStream } from 'node:fs'
import type { ReadStream } from 'node:fs'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ImportError, reasonOf } from './import-error.ts'

/** Events held before they are written out as a sorted run. UTF-16 units. */
const RUN_CHARS_MAX = 8_000_000

/** Runs merged at a time; more are merged in several rounds. */
const MERGE_RUNS_MAX = 16

/** Size of a read and of a write. UTF-16 units, or bytes. */
const CHUNK_CHARS = 1 << 17

const AT_DIGITS = 13
const SEQUENCE_DIGITS = 11
const KEY_CHARS = AT_DIGITS + 1 + SEQUENCE_DIGITS

export interface SorterLimits {
  readonly runCharsMax: number
  readonly mergeRunsMax: number
}

/**
 * An external merge sort of events by time, then rank, then the order of arrival. Memory is bounded by the
 * limits, whatever the number of events: full runs wait on disk beside the output, which appears whole or not
 * at all. Each line of a run begins with a key of fixed width, so that lines compare as their events do.
 */
export class EventSorter {
  private readonly out: string
  private readonly directory: string
  private readonly limits: SorterLimits
  private run: string[] = []
  private runChars = 0
  private runsMade = 0
  private waiting: string[] = []
  private added = 0

  private constructor(out: string, directory: string, limits: SorterLimits) {
    this.out = out
    this.directory = directory
    this.limits = limits
  }

  /** The output's directory must exist. */
  static async create(
    out: string,
    limits: SorterLimits = { runCharsMax: RUN_CHARS_MAX, mergeRunsMax: MERGE_RUNS_MAX },
  ): Promise<EventSorter> {
    return writing(out, async () => new EventSorter(out, await mkdtemp(`${out}.runs-`), limits))
  }

  /**
   * Takes an event: `at` in milliseconds since the epoch (not negative, at most 13 digits), `rank` a digit,
   * `line` without a line feed. Answers a promise when the caller must wait for a run to be written.
   */
  add(at: number, rank: number, line: string): Promise<void> | undefined {
    const key =
      String(at).padStart(AT_DIGITS, '0') + rank + String(this.added++).padStart(SEQUENCE_DIGITS, '0')
    this.run.push(key + line)
    this.runChars += KEY_CHARS + line.length
    return this.runChars < this.limits.runCharsMax ? undefined : this.writeRun()
  }

  get events(): number {
    return this.added
  }

  /** Writes all events to the output, in order. */
  async finish(): Promise<void> {
    await this.writeRun()
    while (this.waiting.length > this.limits.mergeRunsMax) {
      const oldest = this.waiting.splice(0, this.limits.mergeRunsMax)
      const merged = this.nextRun()
      await writing(this.out, () => writeFile(merged, chunks(mergeRuns(oldest), 0)))
      await Promise.all(oldest.map((run) => rm(run)))
      this.waiting.push(merged)
    }
    const whole = join(this.directory, 'whole')
    await writing(this.out, async () => {
      await writeFile(whole, chunks(mergeRuns(this.waiting), KEY_CHARS), { flush: true })
      await rename(whole, this.out)
    })
  }

  /** Removes what waits on disk; to be called whether or not the sort was finished. */
  async close(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true })
  }

  private nextRun(): string {
    return join(this.directory, `run-${this.runsMade++}`)
  }

  private async writeRun(): Promise<void> {
    if (this.run.length === 0) return
    const lines = this.run.sort()
    this.run = []
    this.runChars = 0
    const path = this.nextRun()
    this.waiting.push(path)
    await writing(this.out, () => writeFile(path, chunks([lines], 0)))
  }
}

const writing = async <Result>(out: string, write: () => Promise<Result>): Promise<Result> => {
  try {
    return await write()
  } catch (error) {
    throw new ImportError(
      `Cannot write ${out} or beside it: ${reasonOf(error)}. Free space there, or choose another output.`,
      { cause: error },
    )
  }
}

/** Text of the lines, each without its first `skipped` characters, in pieces of about one write. */
async function* chunks(
  batches: Iterable<readonly string[]> | AsyncIterable<readonly string[]>,
  skipped: number,
): AsyncGenerator<string> {
  let chunk = ''
  for await (const lines of batches) {
    for (const line of lines) {
      chunk += `${line.slice(skipped)}\n`
      if (chunk.length < CHUNK_CHARS) continue
      yield chunk
      chunk = ''
    }
  }
  if (chunk !== '') yield chunk
}

/** A sorted run read from disk: its least line, and the lines of the chunk that line is in. */
class RunReader {
  private readonly stream: ReadStream
  private readonly chunks: AsyncIterator<string>
  private lines: readonly string[] = []
  private index = 0
  private rest = ''

  constructor(path: string) {
    this.stream = createReadStream(path, { encoding: 'utf8', highWaterMark: CHUNK_CHARS })
    this.chunks = this.stream[Symbol.asyncIterator]()
  }

  /** The least line not taken; undefined when the chunk is spent. */
  get head(): string | undefined {
    return this.lines[this.index]
  }

  take(): void {
    this.index++
  }

  /** Reads on until there is a head; false at the end of the run. */
  async refill(): Promise<boolean> {
    while (this.head === undefined) {
      const next = await this.chunks.next()
      if (next.done === true) return false
      const lines = (this.rest + next.value).split('\n')
      this.rest = lines.pop() ?? ''
      this.lines = lines
      this.index = 0
    }
    return true
  }

  close(): void {
    this.stream.destroy()
  }
}

/** The lines of sorted runs in order, in batches; waits once for a chunk, not once for a line. */
async function* mergeRuns(paths: readonly string[]): AsyncGenerator<readonly string[]> {
  const all = paths.map((path) => new RunReader(path))
  try {
    let readers = all
    for (;;) {
      const more = await Promise.all(readers.map((reader) => reader.refill()))
      readers = readers.filter((_, index) => more[index])
      if (readers.length === 0) return
      yield mergeWhileFilled(readers)
    }
  } finally {
    for (const reader of all) reader.close()
  }
}

/** Takes lines in order until a reader has none left in memory, and so its next line is unknown. */
const mergeWhileFilled = (readers: readonly RunReader[]): readonly string[] => {
  const merged: string[] = []
  for (;;) {
    let least: RunReader | undefined
    let leastLine = ''
    for (const reader of readers) {
      const line = reader.head
      if (line === undefined) return merged
      if (least === undefined || line < leastLine) {
        least = reader
        leastLine = line
      }
    }
    if (least === undefined) return merged
    merged.push(leastLine)
    least.take()
  }
}
