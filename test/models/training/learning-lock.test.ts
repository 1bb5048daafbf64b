import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lockLearning } from '../../../models/training/learning-lock.ts'
import { temporaryDirectory } from '../../cli/temporary.ts'

test('a directory of checkpoints belongs to one trainer until it lets go of it, and nothing piles up', async () => {
  const checkpoints = join(await temporaryDirectory(), 'learning')
  const files: number[] = []
  for (let times = 0; times < 6; times++) {
    const release = await lockLearning(checkpoints)
    await expect(lockLearning(checkpoints)).rejects.toThrow(/^LEARNING_LOCKED: .* another trainer's$/)
    files.push((await readdir(join(checkpoints, 'lock'))).length)
    await release()
  }
  // One more or less: files that are replaced go a moment later.
  expect(files.at(-1)).toBeLessThan(files[0]! + 3)
})
