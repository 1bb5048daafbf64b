import { expect, test } from 'vitest'
import { SESSION_DEFAULTS, SessionStore } from '../../../serving/sessions/session-store.ts'
import type { Session } from '../../../serving/sessions/session.ts'
import { post } from '../../cli/community.ts'
import { Running } from '../../cli/running.ts'

/** Sessions as feeds make them. */
const sessionsOf = async (userIds: readonly string[]): Promise<Session[]> => {
  const running = await Running.start()
  await running.take([post('p1', 'bea')])
  const made: Session[] = []
  const { sessions } = running.serving
  const put = sessions.put.bind(sessions)
  sessions.put = (session, nowMs) => {
    made.push(session)
    put(session, nowMs)
  }
  for (const userId of userIds) await running.feed({ userId })
  return made
}

test('a session is kept while it is used', async () => {
  const [session] = await sessionsOf(['ada'])
  const store = new SessionStore({ ...SESSION_DEFAULTS, timeToLiveMs: 100 })
  store.put(session!, 0)
  expect(store.get(session!.id, 90)).toBe(session)
  expect(store.get(session!.id, 190)).toBe(session)
  expect(store.get(session!.id, 291)).toBeUndefined()
  expect([store.size, store.bytes]).toEqual([0, 0])
})

test('beyond the number and the bytes, those leave that were not used for longest, and their requests with them', async () => {
  const all = await sessionsOf(['ada', 'bea', 'cem'])
  const [one, two, three] = all.map((session) => session)
  const store = new SessionStore({ ...SESSION_DEFAULTS, sessionsMax: 2 })
  store.put(one!, 0)
  store.name(one!, one!.requestId)
  store.put(two!, 1)
  store.name(two!, two!.requestId)
  store.get(one!.id, 2)
  store.put(three!, 3)
  expect(store.get(two!.id, 3)).toBeUndefined()
  expect(store.get(one!.id, 3)).toBe(one)
  expect([store.ofRequest(one!.requestId), store.ofRequest(two!.requestId)]).toEqual([one, undefined])
  expect(store.bytes).toBe(one!.bytes + three!.bytes)

  const small = new SessionStore({ ...SESSION_DEFAULTS, bytesMax: one!.bytes + two!.bytes })
  for (const [index, session] of all.entries()) small.put(session, index)
  expect(small.size).toBe(2)
  const tiny = new SessionStore({ ...SESSION_DEFAULTS, bytesMax: 1 })
  tiny.put(one!, 0)
  expect([tiny.size, tiny.bytes]).toEqual([0, 0])
})
