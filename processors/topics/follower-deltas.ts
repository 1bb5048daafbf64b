import { ByteReader } from '../../engine/bytes.ts'
import { type Millis, millis, type UserId } from '../../schemas/ids.ts'
import { userEcho } from './user-echo.ts'
import { readLayoutVersion, versionedCodec, writeLayoutVersion } from './versioned.ts'

/** A user gained followers, or lost some when below 0. */
export interface FollowerDelta {
  readonly userId: UserId
  readonly followers: number
  readonly at: Millis
}

const reader = new ByteReader()
const other = new ByteReader()

const NAME = 'follower-deltas'
const LAYOUT = 1

export const followerDeltas = userEcho<FollowerDelta>({
  name: NAME,
  about: 'Followers gained and lost, added up by user in each commit.',
  codec: versionedCodec(NAME, LAYOUT, {
    encode: (value, writer) => {
      writer.signedVarint(value.followers)
      writer.f64(value.at)
      writer.string(value.userId)
    },
    decode: (delta) => {
      const followers = delta.signedVarint()
      const at = millis(delta.f64())
      return { userId: delta.string() as UserId, followers, at }
    },
  }),
  fold: {
    merge: (into, intoStart, intoEnd, from, start, end, writer) => {
      reader.over(from, start, end)
      other.over(into, intoStart, intoEnd)
      const isFirst = other.left === 0
      readLayoutVersion(NAME, LAYOUT, reader)
      if (!isFirst) readLayoutVersion(NAME, LAYOUT, other)
      writeLayoutVersion(LAYOUT, writer)
      writer.signedVarint(reader.signedVarint() + (isFirst ? 0 : other.signedVarint()))
      writer.f64(Math.max(reader.f64(), isFirst ? 0 : other.f64()))
      writer.bytes(from, reader.position, end)
    },
  },
})
