/** Results go to stdout, everything said on the way to stderr, so that output can be piped. */
export const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

export const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

/** On one line, for `--json`: the last line of stdout. */
export const printJson = (value: unknown): void => print(JSON.stringify(value))

const TERMINAL_INTERVAL_MS = 100
const PLAIN_INTERVAL_MS = 5_000
const CLEAR_LINE = '\r\u001B[2K'

/** Where a long command stands: one line that is written over on a terminal, a line now and then elsewhere. */
export class Progress {
  private readonly stream: NodeJS.WriteStream
  private readonly nowMs: () => number
  private writtenAt: number
  private open = false

  constructor(nowMs: () => number, stream: NodeJS.WriteStream = process.stderr) {
    this.nowMs = nowMs
    this.stream = stream
    this.writtenAt = nowMs()
  }

  /** `text` is asked for only when it is written. */
  update(text: () => string): void {
    const now = this.nowMs()
    if (now - this.writtenAt < (this.stream.isTTY ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS)) return
    this.writtenAt = now
    if (!this.stream.isTTY) this.stream.write(`${text()}\n`)
    else {
      this.stream.write(`${CLEAR_LINE}${text().slice(0, this.stream.columns - 1)}`)
      this.open = true
    }
  }

  /** Takes the updating line away. */
  clear(): void {
    if (this.open) this.stream.write(CLEAR_LINE)
    this.open = false
  }
}

/** 1234567 as 1,234,567. */
export const grouped = (count: number): string =>
  String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, ',')
