import { expect, test } from 'vitest'
import { decodeRow, isDecoded } from '../../cli/decoders.ts'
import { plainOf } from '../../cli/inspect/plain.ts'
import { isProcessor } from '../../engine/topology.ts'
import { millis } from '../../schemas/ids.ts'
import { everything, views } from '../../topologies/index.ts'
import { event, post, reaction, tie } from './community.ts'
import { Running } from './running.ts'

/** Rows of these are shown as bytes: nobody but their processor needs to read them. */
const BYTES_ONLY = [
  'experiment-slates',
  'experiment-users',
  'given-reactions',
  'label-index',
  'label-join',
  'label-slates',
  'post-join',
  'seen-filter',
]

test('rows of every store that holds any are told in words', async () => {
  const running = await Running.start()
  await running.take([
    tie('ada', 'bea', 'friend'),
    tie('ada', 'bea', 'follow'),
    event('profiles', { userId: 'ada', country: 'GB', interests: ['trains'] }),
    post('p1', 'bea', { containerId: 'cooks', hashtags: ['nighttrain'] }),
    event('integrity', { postId: 'p1', verdict: 'allow', scores: { spam: 0.5 } }),
    reaction('ada', 'p1', 'bea', 'like'),
    reaction('ada', 'p1', 'bea', 'comment', { commentId: 'c1' }),
  ])
  const { body } = await running.get('/admin/v1/stores')
  const shown: string[] = []
  for (const store of body['stores'] as string[]) {
    const answer = await running.get(`/admin/v1/stores/${store}/rows`)
    for (const row of answer.body['rows'] as { value: unknown }[]) {
      if (BYTES_ONLY.includes(store)) continue
      expect(row.value, store).not.toHaveProperty('hex')
      shown.push(store)
    }
  }
  expect(shown).toEqual(
    expect.arrayContaining(['connections', 'hashtag-words', 'integrity', 'seen', 'profiles']),
  )
  expect(new Set(shown).size).toBeGreaterThan(20)
})

test('a row of a view of another version is shown as bytes', () => {
  const [name] = views.keys()
  expect(decodeRow(name!, Buffer.from([99, 1, 2]), millis(0))).toEqual({ hex: '630102' })
  expect(decodeRow('__proto__', Buffer.from([1]), millis(0))).toEqual({ hex: '01' })
})

test('every store is a view, has a reader, or is known to need none', () => {
  const stores = everything.nodes.filter(isProcessor).map(({ name }) => name)
  expect(stores.filter((store) => !isDecoded(store)).sort()).toEqual(BYTES_ONLY)
})

test('any value becomes plain JSON', () => {
  const value = {
    map: new Map([['__proto__', 1]]),
    set: new Set([1, null]),
    bytes: Buffer.from([255]),
    vector: Float32Array.of(0.05, -2),
    none: undefined,
  }
  expect(JSON.stringify(plainOf(value))).toBe(
    '{"map":{"__proto__":1},"set":[1,null],"bytes":"ff","vector":[0.05,-2],"none":null}',
  )
})
