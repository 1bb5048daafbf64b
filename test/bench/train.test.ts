import { expect, test } from 'vitest'
import { run } from '../../bench/train.ts'

test('the benchmark of training, in short, tells samples a second and those of PyTorch, under the names that others read', async () => {
  const result = await run({ seconds: 0.01 })
  for (const size of ['', '_256']) {
    for (const name of ['samples_per_s', 'wall_samples_per_s', 'examples_per_s'])
      expect(result[`${name}${size}`], name).toBeGreaterThan(0)
    const torch = result[`torch_samples_per_s${size}`]
    const ratio = result[`ratio${size}`]
    // Where there is no PyTorch, both say so.
    if (result['torch_version'] === null) expect([torch, ratio]).toEqual([null, null])
    else expect(ratio).toBeCloseTo((result[`samples_per_s${size}`] as number) / (torch as number), 1)
  }
})
