import type { Command } from 'ioredis'
import { ByteWriter } from '../../../engine/bytes.ts'
import type { FeatureChanges } from '../port.ts'

/** The key of the position, then sequence, previous, newest event time and milliseconds to live. */
const FIXED_ARGUMENTS = 5
/** As Redis counts: the position is the first. */
const FIRST_ROW_KEY = 2
/** `EVALSHA`, the script, and how many keys there are. */
const HEAD_ARGUMENTS = 3
const SEPARATOR = 0x3a
const CARRIAGE_RETURN = 0x0d
const NEW_LINE = 0x0a
const BULK = 0x24
const DIGIT_0 = 0x30

export type ScriptCall = readonly [command: 'evalsha' | 'eval', script: string]

/** How long the rows of a change are kept. */
export interface Lives {
  /** Milliseconds; 0 for ever. */
  readonly liveMs: number
  /** By their place among the rows: those that are kept for ever all the same. */
  readonly lasting: readonly number[]
}

/**
 * Writes calls of `APPLY` as Redis reads them, in one pass over rows where they lie. A client would make two
 * arguments of every row and copy each of them several times, which took a sixth of a busy worker's time.
 */
export class ApplyWriter {
  private readonly writer = new ByteWriter(1 << 16)

  /** The bytes of a call; `tag` is the key of the position and begins those of the rows. */
  write([command, script]: ScriptCall, tag: Buffer, changes: FeatureChanges, lives: Lives): Buffer {
    const { sequence, previous, newest, rows } = changes
    const { liveMs, lasting } = lives
    const { writer } = this
    writer.reset()
    this.ascii(`*${HEAD_ARGUMENTS + FIXED_ARGUMENTS + 2 * rows.length + lasting.length}\r\n`)
    for (const head of [command, script, String(1 + rows.length)]) this.text(head)
    this.open(tag.length)
    writer.bytes(tag)
    this.endLine()
    for (const [key] of rows) this.rowKey(tag, key)
    for (const argument of [sequence, previous, newest, liveMs]) this.text(String(argument))
    for (const [, row] of rows) this.row(row)
    for (const index of lasting) this.text(String(FIRST_ROW_KEY + index))
    return writer.copy()
  }

  private rowKey(tag: Buffer, key: Uint8Array): void {
    const { writer } = this
    this.open(tag.length + 1 + key.length)
    writer.bytes(tag)
    writer.u8(SEPARATOR)
    writer.bytes(asBuffer(key))
    this.endLine()
  }

  private row(row: Uint8Array | null): void {
    this.open(row?.length ?? 0)
    if (row !== null) this.writer.bytes(asBuffer(row))
    this.endLine()
  }

  private text(text: string): void {
    this.open(Buffer.byteLength(text))
    this.writer.bytes(Buffer.from(text))
    this.endLine()
  }

  /** Begins an argument. */
  private open(bytes: number): void {
    this.writer.u8(BULK)
    this.digits(bytes)
    this.endLine()
  }

  private digits(value: number): void {
    if (value >= 10) this.digits(Math.floor(value / 10))
    this.writer.u8(DIGIT_0 + (value % 10))
  }

  private endLine(): void {
    this.writer.u8(CARRIAGE_RETURN)
    this.writer.u8(NEW_LINE)
  }

  private ascii(text: string): void {
    for (let at = 0; at < text.length; at++) this.writer.u8(text.charCodeAt(at))
  }
}

/** A command of the client whose bytes are there already; a cluster finds its node by the key of the position. */
export const applyCommand = (
  made: typeof Command,
  [command, script]: ScriptCall,
  tag: Buffer,
  bytes: Buffer,
): Command =>
  Object.assign(new made(command, [script, 1, tag]), {
    toWritable: () => bytes,
  })

export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
