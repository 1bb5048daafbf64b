import { type Millis, millis, type UserId } from '../../schemas/ids.ts'
import { userEcho } from './user-echo.ts'
import { versionedCodec } from './versioned.ts'

/** Seen posts that a user's `seen` row hands over to their `seen-filter` row. */
export interface SeenOverflow {
  readonly userId: UserId
  readonly at: Millis
  /** Entries of `SEEN_ENTRY_BYTES` as they lie in the `seen` row. */
  readonly entries: Buffer
}

const NAME = 'seen-overflow'

export const seenOverflow = userEcho<SeenOverflow>({
  name: NAME,
  about: 'Seen posts on their way from the recent ones to the filter.',
  codec: versionedCodec(NAME, 1, {
    encode: (value, writer) => {
      writer.string(value.userId)
      writer.f64(value.at)
      writer.bytes(value.entries)
    },
    decode: (reader) => {
      const userId = reader.string() as UserId
      const at = millis(reader.f64())
      return { userId, at, entries: reader.bytes(reader.left) }
    },
  }),
})
