import type { PostRule } from './rule.ts'

const FACTOR = 0.3

export const integrityDownrank: PostRule = {
  name: 'integrity-downrank',
  about: 'Posts that moderation ranked down are worth less.',
  scope: 'post',
  min: FACTOR,
  max: 1,
  parameters: { factor: FACTOR },
  factor: ({ verdict }) => (verdict === 'downrank' ? FACTOR : 1),
}
