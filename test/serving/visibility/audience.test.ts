import { expect, test } from 'vitest'
import { AUDIENCES } from '../../../schemas/posts/index.ts'
import { isInAudience } from '../../../serving/visibility/audience.ts'
import { containerId, userId } from '../../processors/events.ts'

const ties = (fields: { friends?: string[]; groups?: string[]; pages?: string[] } = {}) => ({
  userId: userId('viewer'),
  friends: new Set((fields.friends ?? []).map(userId)),
  groups: new Set((fields.groups ?? []).map(containerId)),
  pages: new Set((fields.pages ?? []).map(containerId)),
})

const audiencesFor = (
  viewer: ReturnType<typeof ties>,
  authorId = 'ann',
  container: string | null = 'here',
): string[] =>
  AUDIENCES.filter((audience) =>
    isInAudience(
      {
        authorId: userId(authorId),
        audience,
        containerId: container === null ? null : containerId(container),
      },
      viewer,
    ),
  )

test('each audience takes its own tie, and no other', () => {
  expect(audiencesFor(ties())).toEqual(['public'])
  expect(audiencesFor(ties({ friends: ['ann'] }))).toEqual(['public', 'friends'])
  expect(audiencesFor(ties({ groups: ['here'] }))).toEqual(['public', 'group'])
  expect(audiencesFor(ties({ pages: ['here'] }))).toEqual(['public', 'page'])
  expect(audiencesFor(ties({ friends: ['bob'], groups: ['there'], pages: ['there'] }))).toEqual(['public'])
})

test('a post to a group or page that names none is for nobody but its author', () => {
  const all = ties({ friends: ['ann'], groups: ['here'], pages: ['here'] })
  expect(audiencesFor(all, 'ann', null)).toEqual(['public', 'friends'])
  expect(audiencesFor(ties(), 'viewer', null)).toEqual([...AUDIENCES])
})
