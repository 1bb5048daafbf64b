import { createHmac, timingSafeEqual } from 'node:crypto'
import { ServingError } from '../errors.ts'

/** Where a feed goes on. */
export interface Cursor {
  readonly sessionId: string
  /** Place in the session's order from which on nothing was shown. */
  readonly offset: number
  /** Place in the feed of the next post: fewer, by those that were not shown after all. */
  readonly position: number
}

const OFFSET_AT = 0
const POSITION_AT = 2
const SESSION_AT = 4
const CHECK_BYTES = 8
/** Longest text that is looked at. */
export const CURSOR_CHARACTERS_MAX = 256
const PLACE_MAX = 0xffff

const ALPHABET = /^[A-Za-z0-9_-]+$/

/**
 * Writes cursors and reads them back: `u16 offset · u16 position · session id · 8 bytes of HMAC-SHA-256`, in
 * base64url. A client can neither read nor change one; the secret lives as long as the sessions do.
 */
export class Cursors {
  private readonly secret: Buffer

  constructor(secret: Buffer) {
    this.secret = secret
  }

  write({ sessionId, offset, position }: Cursor): string {
    if (offset > PLACE_MAX || position > PLACE_MAX) throw new RangeError(`place ${offset} is beyond cursors`)
    const body = Buffer.alloc(SESSION_AT + Buffer.byteLength(sessionId))
    body.writeUInt16LE(offset, OFFSET_AT)
    body.writeUInt16LE(position, POSITION_AT)
    body.write(sessionId, SESSION_AT)
    return Buffer.concat([body, this.check(body)]).toString('base64url')
  }

  /** Throws `CURSOR_INVALID` for what `write` did not make. */
  read(text: string): Cursor {
    const bytes = ALPHABET.test(text) ? Buffer.from(text, 'base64url') : Buffer.alloc(0)
    if (text.length > CURSOR_CHARACTERS_MAX || bytes.length <= SESSION_AT + CHECK_BYTES) throw invalid()
    const body = bytes.subarray(0, bytes.length - CHECK_BYTES)
    if (!timingSafeEqual(this.check(body), bytes.subarray(body.length))) throw invalid()
    return {
      sessionId: body.toString('utf8', SESSION_AT),
      offset: body.readUInt16LE(OFFSET_AT),
      position: body.readUInt16LE(POSITION_AT),
    }
  }

  private check(body: Buffer): Buffer {
    return createHmac('sha256', this.secret).update(body).digest().subarray(0, CHECK_BYTES)
  }
}

const invalid = (): ServingError =>
  new ServingError('CURSOR_INVALID', 'cursor was not given by this server: load the feed without one', {
    field: 'cursor',
  })
