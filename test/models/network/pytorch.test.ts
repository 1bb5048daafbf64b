import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { peerDefinition } from '../../../bench/peers/definition.ts'
import { Random } from '../../../engine/driver/random.ts'
import { ParameterLayout } from '../../../models/network/parameter-layout.ts'
import { TRAINING } from '../../../models/network/training-graph.ts'
import { HEAVY_NETWORK } from '../../../models/rankers.ts'
import { caseOf, gradientOf, ROWS, train } from './training-case.ts'

/** A Python that has PyTorch: `pip install torch`, then `FRESHET_PYTHON=python3 npx vitest run pytorch`. */
const python = process.env['FRESHET_PYTHON']

interface Peer {
  readonly losses: readonly number[]
  readonly gradients: Readonly<Record<string, readonly number[]>>
  readonly vectors: readonly number[]
}

/** The largest difference, by the largest of what is compared. */
const differenceOf = (ours: Float32Array, theirs: readonly number[]): number => {
  const size = Math.max(1e-6, ...theirs.map(Math.abs))
  return Math.max(...theirs.map((value, index) => Math.abs(value - ours[index]!) / size))
}

test.runIf(python !== undefined)('losses and gradients are those that PyTorch has, to 1e-5', async () => {
  const each = caseOf(HEAVY_NETWORK, new Random(1))
  const answers = await train(each, 0)
  const parameters = Object.fromEntries(each.parameters)
  const input = JSON.stringify(
    {
      network: peerDefinition(HEAVY_NETWORK),
      rows: ROWS,
      features: each.rows,
      vectors: each.vectors,
      weights: each.weights,
      targets: each.targets,
      wide: parameters['wide.weights'],
      mean: parameters['normalise.mean'],
      scale: parameters['normalise.scale'],
      parameters,
    },
    (_, value: unknown) => (value instanceof Float32Array ? Array.from(value) : value),
  )
  const script = join(import.meta.dirname, 'pytorch.py')
  const { stdout, stderr } = spawnSync(python!, [script], { input, encoding: 'utf8', maxBuffer: 2 ** 28 })
  expect(stderr).toBe('')
  const peer = JSON.parse(stdout) as Peer
  expect(differenceOf(answers[TRAINING.losses]!, peer.losses)).toBeLessThan(1e-5)
  expect(differenceOf(answers[TRAINING.embeddingGradients]!, peer.vectors)).toBeLessThan(1e-5)
  const layout = new ParameterLayout(HEAVY_NETWORK)
  for (const { name } of layout.learned) {
    expect(differenceOf(gradientOf(answers, layout, name, 0), peer.gradients[name]!), name).toBeLessThan(1e-5)
  }
})
