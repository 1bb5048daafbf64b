/** JSON's white space, and what else C's isspace knows. */
const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)

/** Where the next byte lies that is no white space; `end` when there is none. */
export const skipSpace = (buffer: Buffer, from: number, end = buffer.length): number => {
  let at = from
  while (at < end && isSpace(buffer[at]!)) at++
  return at
}

export const isBlank = (buffer: Buffer, start: number, end: number): boolean =>
  skipSpace(buffer, start, end) === end
