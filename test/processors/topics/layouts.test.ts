import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../../engine/bytes.ts'
import type { Topic } from '../../../engine/topic.ts'
import { topicsOf } from '../../../engine/topology.ts'
import { NO_MEASURES, NO_MOMENTS } from '../../../processors/experiments/measures.ts'
import { connectionsReversed } from '../../../processors/topics/connections-reversed.ts'
import { experimentMoments } from '../../../processors/topics/experiment-moments.ts'
import { experimentOutcomes } from '../../../processors/topics/experiment-outcomes.ts'
import { followerDeltas } from '../../../processors/topics/follower-deltas.ts'
import { labelEvents } from '../../../processors/topics/label-events.ts'
import { labelSettlements } from '../../../processors/topics/label-settlements.ts'
import {
  authorPosts,
  containerPosts,
  hashtagPosts,
  hourPosts,
  mentionPosts,
} from '../../../processors/topics/post-entry.ts'
import { reactionsByPost } from '../../../processors/topics/post-reaction.ts'
import { seenOverflow } from '../../../processors/topics/seen-overflow.ts'
import { tasteReactions } from '../../../processors/topics/taste-reaction.ts'
import { everything, views } from '../../../topologies/index.ts'
import { anEntry, aPostReaction, hashtag, T0, userId } from '../events.ts'

const ann = userId('ann')
const requestId = 'request-1'
const entry = anEntry({ containerId: 'group-1', language: 'en' })

interface Pinned {
  readonly topic: Topic<never>
  readonly value: unknown
  /** The record's bytes, as records in the log may lie that were written by the version before. */
  readonly bytes: string
}

/** A record whose bytes are no longer these needs another layout version, and this table the new bytes. */
const pinned: readonly Pinned[] = (
  [
    [
      reactionsByPost,
      aPostReaction({ kind: 'dwell', value: 1_500, commentId: 'c', country: 'DE' }),
      '8106706f73742d311e0200008056febc784208617574686f722d3106757365722d31000000000070974001634445',
    ],
    [
      authorPosts,
      entry,
      '8106706f73742d3100008056febc784200008056febc784206000008617574686f722d310767726f75702d3102656e',
    ],
    [
      containerPosts,
      entry,
      '8106706f73742d3100008056febc784200008056febc784206000008617574686f722d310767726f75702d3102656e',
    ],
    [
      hourPosts,
      entry,
      '8106706f73742d3100008056febc784200008056febc784206000008617574686f722d310767726f75702d3102656e',
    ],
    [
      hashtagPosts,
      { ...entry, hashtag: hashtag('hikingalps'), wordsAdded: ['alps'], wordsTaken: ['hiking'] },
      '810a68696b696e67616c70730104616c7073010668696b696e6706706f73742d3100008056febc784200008056febc784206000008617574686f722d310767726f75702d3102656e',
    ],
    [
      mentionPosts,
      { ...entry, mentionedId: ann },
      '8103616e6e06706f73742d3100008056febc784200008056febc784206000008617574686f722d310767726f75702d3102656e',
    ],
    [
      connectionsReversed,
      { userId: ann, otherId: userId('bob'), kind: 'block', removed: true, at: T0 },
      '8103616e6e03626f62010100008056febc7842',
    ],
    [followerDeltas, { userId: ann, followers: -3, at: T0 }, '810500008056febc784203616e6e'],
    [
      labelEvents,
      {
        userId: ann,
        requestId,
        at: T0,
        what: { type: 'label', low: 1, high: 2, kind: 'like', undo: true, value: null },
      },
      '8103616e6e09726571756573742d3100008056febc784203040100000002000000',
    ],
    [
      labelSettlements,
      {
        userId: ann,
        requestId,
        phase: 'early',
        at: T0,
        labels: [{ candidate: 3, kind: 'dwell', at: T0, value: 9_000 }],
      },
      '8103616e6e09726571756573742d310300008056febc784201030200008056febc784201000000000094c140',
    ],
    [
      seenOverflow,
      { userId: ann, at: T0, entries: Buffer.from([1, 2, 3]) },
      '8103616e6e00008056febc7842010203',
    ],
    [
      tasteReactions,
      { userId: ann, at: T0, weight: -4, vector: new Int8Array(64).fill(7) },
      '8103616e6e00008056febc78420707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707',
    ],
    [
      experimentOutcomes,
      { userId: ann, experiment: 'e/a', at: T0, measures: { ...NO_MEASURES, shown: 9 } },
      '8103616e6e03652f6100008056febc78420012000000000000',
    ],
    [
      experimentMoments,
      { experiment: 'e/a', window: 'all', at: T0, moments: NO_MOMENTS },
      '8200008056febc78420000000000000000000000000000000000000000000003652f6103616c6c',
    ],
  ] as unknown as readonly (readonly [Topic<never>, unknown, string])[]
).map(([topic, value, bytes]) => ({ topic, value, bytes }))

describe.each(pinned.map((each) => [each.topic.name, each] as const))(
  'a record of %s',
  (name, { topic, value, bytes }) => {
    test('is written as ever, and what was written is read', () => {
      const writer = new ByteWriter()
      topic.codec.encode(value as never, writer)
      expect(writer.view().toString('hex')).toBe(bytes)
      const written = Buffer.from(bytes, 'hex')
      expect(topic.codec.decode(written, 0, written.length)).toEqual(value)
    })

    test('of another layout, or of before there were any, is refused and not misread', () => {
      const written = Buffer.from(bytes, 'hex')
      for (const first of [0, 1, 3, 64, 0x80, written[0]! + 1]) {
        written[0] = first
        expect(() => topic.codec.decode(written, 0, written.length)).toThrow(
          new RegExp(`^DECODE_FAILED: a record of ${name} begins with ${first}`),
        )
      }
    })
  },
)

test('every internal topic has a versioned layout, but for contracts and deltas of views, which have versions of their own', () => {
  const internal = topicsOf(everything).filter(({ visibility }) => visibility === 'internal')
  const versioned = [
    ...pinned.map(({ topic }) => topic.name),
    ...[...views.keys()].map((view) => `${view}-deltas`),
    'impressions',
    'examples',
    'undone-reactions',
  ]
  expect(internal.map(({ name }) => name).filter((name) => !versioned.includes(name))).toEqual([])
})
