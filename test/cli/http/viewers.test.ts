import { request } from 'node:http'
import { expect, test } from 'vitest'
import { reaction } from '../community.ts'
import { Running } from '../running.ts'

const times = (count: number, make: () => ReturnType<typeof reaction>): ReturnType<typeof reaction>[] =>
  Array.from({ length: count }, make)

test('viewers are listed by how much they did of late; those who are not known are nobody', async () => {
  const running = await Running.start({ partitions: 4 })
  await running.take([
    ...times(2, () => reaction('bea', 'p1', 'zoe', 'view')),
    ...times(5, () => reaction('ada', 'p1', 'zoe', 'like')),
    ...times(9, () => reaction(null, 'p1', 'zoe', 'view')),
    reaction('cem', 'p2', 'zoe', 'hide'),
    reaction('dan', 'p2', 'zoe', 'view'),
  ])
  expect((await running.get('/v1/viewers?limit=3')).body).toEqual({
    viewers: [
      { userId: 'ada', events: 5 },
      { userId: 'bea', events: 2 },
      { userId: 'cem', events: 1 },
    ],
  })
})

test('only the last reactions are looked at', async () => {
  const running = await Running.start()
  await running.take(times(10, () => reaction('old', 'p1', 'zoe', 'view')))
  for (let batch = 0; batch < 5; batch++)
    await running.take(times(1_000, () => reaction('new', 'p1', 'zoe', 'view')))
  expect((await running.get('/v1/viewers')).body).toEqual({ viewers: [{ userId: 'new', events: 5_000 }] })
})

test.each(['limit=0', 'limit=201', 'limit=x', 'user=ada'])('a query such as %s is refused', async (query) => {
  const running = await Running.start()
  const { status, body } = await running.get(`/v1/viewers?${query}`)
  expect([status, body['code'], body['field']]).toEqual([400, 'BAD_REQUEST', query.split('=')[0]])
})

test('viewers are told to this machine only, under its own name', async () => {
  const running = await Running.start()
  const status = await new Promise<number | undefined>((resolve, reject) => {
    request(`${running.url}/v1/viewers`, { headers: { host: 'rebound.example' } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
  expect(status).toBe(403)
})
