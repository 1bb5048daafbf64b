import type { SlateRule } from './rule.ts'

/** A post of another kind goes first when its value is at least this much of the second video's. */
const NEAR = 0.85

export const kindDiversity: SlateRule = {
  name: 'kind-diversity',
  about: 'No video right below another where a post of another kind is near in value.',
  scope: 'slate',
  lasting: false,
  min: NEAR,
  max: 1,
  parameters: { near: NEAR },
  factor: ({ post }, { kind }) => (post.kind === 'video' && kind === 'video' ? NEAR : 1),
}
