import { createHmac, timingSafeEqual } from 'node:crypto'
import { ServingError } from '../errors.ts'
import { PASSED_POSTS_MAX } from './passed-posts.ts'

/** Where a feed goes on. */
export interface Cursor {
  readonly sessionId: string
  /** Place in the session's order from which on nothing was shown. */
  readonly offset: number
  /** Place in the feed of the next post: fewer, by those that were not shown after all. */
  readonly position: number
  /** What the feed has come past, for where the session is no longer kept: see `PassedPosts`. */
  readonly passed: Uint32Array
}

const OFFSET_AT = 0
const POSITION_AT = 2
const USER_AT = 4
const HASH_BYTES = 8
const PASSED_AT = USER_AT + HASH_BYTES
const COUNT_BYTES = 2
const PRINT_BYTES = 4
const SESSION_BYTES_MAX = 128
const BYTES_MAX = PASSED_AT + COUNT_BYTES + PASSED_POSTS_MAX * PRINT_BYTES + SESSION_BYTES_MAX + HASH_BYTES
/** Longest text that is looked at. */
export const CURSOR_CHARACTERS_MAX = Math.ceil((BYTES_MAX * 4) / 3)
const PLACE_MAX = 0xffff

const ALPHABET = /^[A-Za-z0-9_-]+$/

/**
 * Writes cursors and reads them back: `u16 offset · u16 position · hash of the user · u16 count · u32 prints of passed
 * posts · session id · hash of all that`, in base64url; a hash is 8 bytes of HMAC-SHA-256. A client can neither read nor
 * change one, nor go on with another user's. Servers with the same secret take each other's.
 */
export class Cursors {
  private readonly secret: Buffer

  constructor(secret: Buffer) {
    this.secret = secret
  }

  write(userId: string, { sessionId, offset, position, passed }: Cursor): string {
    if (offset > PLACE_MAX || position > PLACE_MAX) throw new RangeError(`place ${offset} is beyond cursors`)
    const sessionAt = sessionPlace(passed.length)
    const body = Buffer.alloc(sessionAt + Buffer.byteLength(sessionId))
    body.writeUInt16LE(offset, OFFSET_AT)
    body.writeUInt16LE(position, POSITION_AT)
    this.hashOf('user', userId).copy(body, USER_AT)
    body.writeUInt16LE(passed.length, PASSED_AT)
    passed.forEach((print, index) => body.writeUInt32LE(print, printPlace(index)))
    body.write(sessionId, sessionAt)
    return Buffer.concat([body, this.hashOf('cursor', body)]).toString('base64url')
  }

  /** Throws `CURSOR_INVALID` for what no `write` with this secret made, `CURSOR_FOREIGN` for what it made for others. */
  read(userId: string, text: string): Cursor {
    const bytes = ALPHABET.test(text) ? Buffer.from(text, 'base64url') : Buffer.alloc(0)
    if (text.length > CURSOR_CHARACTERS_MAX || bytes.length <= sessionPlace(0) + HASH_BYTES) throw invalid()
    const body = bytes.subarray(0, bytes.length - HASH_BYTES)
    if (!timingSafeEqual(this.hashOf('cursor', body), bytes.subarray(body.length))) throw invalid()
    if (!this.hashOf('user', userId).equals(body.subarray(USER_AT, USER_AT + HASH_BYTES))) throw foreign()
    const count = body.readUInt16LE(PASSED_AT)
    return {
      sessionId: body.toString('utf8', sessionPlace(count)),
      offset: body.readUInt16LE(OFFSET_AT),
      position: body.readUInt16LE(POSITION_AT),
      passed: Uint32Array.from({ length: count }, (_, index) => body.readUInt32LE(printPlace(index))),
    }
  }

  private hashOf(what: 'user' | 'cursor', content: Buffer | string): Buffer {
    return createHmac('sha256', this.secret).update(what).update(content).digest().subarray(0, HASH_BYTES)
  }
}

const printPlace = (index: number): number => PASSED_AT + COUNT_BYTES + index * PRINT_BYTES
/** The session's id comes after as many prints. */
const sessionPlace = printPlace

const invalid = (): ServingError =>
  new ServingError('CURSOR_INVALID', 'cursor cannot be read', {
    field: 'cursor',
  })

const foreign = (): ServingError =>
  new ServingError('CURSOR_FOREIGN', "the cursor goes on with another user's feed", { field: 'cursor' })
