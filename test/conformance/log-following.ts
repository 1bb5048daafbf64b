import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { ChangelogFollower, LogSession, SharedLog } from '../../engine/log/port.ts'
import { commitOf, refusal, type LogSubject } from './log-subject.ts'

const READ_BYTES_MAX = 1 << 20
const PART_BYTES = 900 << 10

const commitBlocks = async (session: LogSession, ...blocks: readonly string[]): Promise<void> => {
  for (const block of blocks) await session.commit(commitOf({ changelog: Buffer.from(block) }))
}

/** What a follower reads until it has the block of a sequence. */
const readTo = async (follower: ChangelogFollower, sequence: number): Promise<[number, string][]> => {
  const read: [number, string][] = []
  while ((read.at(-1)?.[0] ?? 0) < sequence) {
    const blocks = await follower.read(READ_BYTES_MAX)
    for (const block of blocks) read.push([block.sequence, block.bytes.toString()])
    if (blocks.length === 0) await sleep(1)
  }
  return read
}

/** What is read of a task's changelog beside its owner. */
export const followingConformance = (subject: LogSubject): void => {
  const log = (): SharedLog => subject.log as SharedLog

  describe('following a changelog', () => {
    test('gives the blocks that are there and those that come, in order, and tells when nothing is left', async () => {
      const session = await log().session('task')
      await commitBlocks(session, 'a', 'b')
      const follower = await log().follow('task', 0)
      expect(follower.remaining()).toBeGreaterThan(0)
      expect(await readTo(follower, 2)).toEqual([
        [1, 'a'],
        [2, 'b'],
      ])
      await commitBlocks(session, 'c')
      expect(await readTo(follower, 3)).toEqual([[3, 'c']])
      while (follower.remaining() > 0) await follower.read(READ_BYTES_MAX)
      expect(await follower.read(READ_BYTES_MAX)).toEqual([])
    })

    test('begins after any commit, before the first one too, and its owner is not fenced', async () => {
      const early = await log().follow('task', 0)
      expect([await early.read(READ_BYTES_MAX), early.remaining()]).toEqual([[], 0])
      const session = await log().session('task')
      await commitBlocks(session, 'a', 'b', 'c', 'd')
      expect((await readTo(early, 4)).map(([sequence]) => sequence)).toEqual([1, 2, 3, 4])
      const late = await log().follow('task', 2)
      expect(await readTo(late, 4)).toEqual([
        [3, 'c'],
        [4, 'd'],
      ])
      await commitBlocks(session, 'e')
      expect(await readTo(late, 5)).toEqual([[5, 'e']])
    })

    test('puts large blocks together', async () => {
      const session = await log().session('task')
      const large = 'x'.repeat(3 * PART_BYTES)
      await commitBlocks(session, 'a', large, 'b')
      const follower = await log().follow('task', 1)
      const read = await readTo(follower, 3)
      expect(read.map(([sequence, text]) => [sequence, text.length])).toEqual([
        [2, large.length],
        [3, 1],
      ])
    })

    test('from the start gives what is kept; after a commit that is not followed by what is kept, it is refused', async () => {
      const session = await log().session('task')
      await commitBlocks(session, 'a', 'b', 'c', 'd', 'e')
      await session.trimChangelog(3)
      const kept = await readTo(await log().follow('task', 0), 5)
      expect(kept.slice(-2)).toEqual([
        [4, 'd'],
        [5, 'e'],
      ])
      const isDropped = kept.length === 2
      const lagging = (async () => readTo(await log().follow('task', 1), 5))()
      if (isDropped) await expect(lagging).rejects.toEqual(refusal('CHANGELOG_DROPPED'))
      else expect((await lagging).map(([sequence]) => sequence)).toEqual([2, 3, 4, 5])
    })
  })
}
