import { expect, test } from 'vitest'
import { DAY_MS } from '../../../schemas/ids.ts'
import { bitOf, type Candidate, candidateOf, REMOVALS } from '../../../serving/candidate.ts'
import { filters } from '../../../serving/filters/index.ts'
import { ViewerDraft } from '../../../serving/viewer-draft.ts'
import { noRestrictions, type Restrictions } from '../../../serving/visibility/restrictions.ts'
import { anEntry, containerId, later, userId } from '../../processors/events.ts'
import { aQuery } from '../feeds.ts'

type Fields = Parameters<typeof anEntry>[0]

const viewerWith = (fields: Partial<ViewerDraft> = {}): ViewerDraft =>
  Object.assign(new ViewerDraft(userId('user-1')), fields)

const candidate = (fields: Fields = {}, known: Partial<Candidate> = {}): Candidate => ({
  ...candidateOf(anEntry({ publishedAt: later(-DAY_MS), ...fields }), 'friend'),
  ...known,
})

const commented = { sources: bitOf('comments'), unseenComments: 1 }

/** The filters that would remove it, in their order. */
const removals = (
  each: Candidate,
  viewer = viewerWith(),
  restrictions: Restrictions = noRestrictions,
): string[] =>
  filters(restrictions)
    .filter((stage) => stage.removes(aQuery(), viewer, each))
    .map(({ removal }) => removal)

test('there is a filter for every removal, in the same order', () => {
  expect(filters(noRestrictions).map(({ removal }) => removal)).toEqual([...REMOVALS])
})

test('what decides who may see a post, or was refused by the viewer, no feed goes without', () => {
  const required = filters(noRestrictions).filter((stage) => stage.required)
  expect(required.map(({ removal }) => removal)).toEqual([
    'kept-apart',
    'audience',
    'deleted',
    'hidden',
    'integrity',
  ])
})

test('an ordinary post is kept', () => {
  expect(removals(candidate())).toEqual([])
})

test("one's own posts are removed unless something new was said under them", () => {
  expect(removals(candidate({ authorId: 'user-1' }))).toEqual(['own'])
  expect(removals(candidate({ authorId: 'user-1' }, commented))).toEqual([])
})

test('what is of the future or too old is removed; comments bring back posts of up to 90 days', () => {
  expect(removals(candidate({ publishedAt: later(1) }))).toEqual(['future'])
  expect(removals(candidate({ publishedAt: later(0) }))).toEqual([])
  const monthOld = { publishedAt: later(-30 * DAY_MS - 1) }
  expect(removals(candidate(monthOld))).toEqual(['too-old'])
  expect(removals(candidate(monthOld, commented))).toEqual([])
  expect(removals(candidate({ publishedAt: later(-90 * DAY_MS - 1) }, commented))).toEqual(['too-old'])
})

test('what was seen is removed unless something new was said under it', () => {
  expect(removals(candidate({}, { seen: true }))).toEqual(['seen'])
  expect(removals(candidate({}, { seen: true, ...commented }))).toEqual([])
})

test('what the viewer refused is removed, whatever was said under it', () => {
  const refusing = viewerWith({ isHidden: (post) => post === 'post-1' })
  expect(removals(candidate({}, commented), refusing)).toEqual(['hidden'])
  expect(removals(candidate({ postId: 'post-2' }), refusing)).toEqual([])
  expect(removals(candidate({}, { fatigue: 0 }))).toEqual(['fatigue'])
  expect(removals(candidate({}, { fatigue: 0.2 }))).toEqual([])
})

test('posts of whom is kept apart, to others, and those that moderation removed are removed', () => {
  expect(removals(candidate(), viewerWith({ isKeptApart: (author) => author === 'author-1' }))).toEqual([
    'kept-apart',
  ])
  expect(removals(candidate({ audience: 'friends' }))).toEqual(['audience'])
  const friendly = viewerWith({
    friends: new Map([[userId('author-1'), { id: userId('author-1'), since: later(0), closeness: 'none' }]]),
  })
  expect(removals(candidate({ audience: 'friends' }), friendly)).toEqual([])
  expect(removals(candidate({}, { verdict: 'remove' }))).toEqual(['integrity'])
  expect(removals(candidate({}, { verdict: 'downrank' }))).toEqual([])
})

test.each(['kept-apart', 'audience', 'deleted', 'integrity'] as const)(
  'what is accepted and not processed removes as well: %s',
  (removal) => {
    const asked: unknown[] = []
    const waiting: Restrictions = {
      removalOf: (viewer, post) => {
        asked.push([viewer, post.postId, post.containerId])
        return removal
      },
      keepsApart: () => false,
      hold: () => () => undefined,
    }
    expect(removals(candidate({ containerId: containerId('c') }), viewerWith(), waiting)).toEqual([removal])
    expect(asked[0]).toEqual(['user-1', 'post-1', 'c'])
  },
)
