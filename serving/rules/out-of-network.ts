import { OUT_OF_NETWORK } from '../candidate.ts'
import type { PostRule } from './rule.ts'

const FACTOR = 0.75

export const outOfNetwork: PostRule = {
  name: 'out-of-network',
  about: 'Posts by nobody and nothing that the viewer chose are worth less.',
  scope: 'post',
  min: FACTOR,
  max: 1,
  parameters: { factor: FACTOR },
  factor: ({ source }) => (OUT_OF_NETWORK.has(source) ? FACTOR : 1),
}
