import { expect, test } from 'vitest'
import { Chance } from '../../../world/chance.ts'
import { Acquaintance } from '../../../world/society/beginnings.ts'
import { SUBJECT_COUNT } from '../../../world/society/people.ts'
import { makeWorld } from '../recorder.ts'

test('somebody whose new favourite nobody began with still finds friends', () => {
  const { people } = makeWorld({ users: 20 })
  const chance = new Chance(1).of('ties')
  // One subject that leaves everybody cold at first.
  for (let user = 0; user < people.count; user++) people.tastes[user * SUBJECT_COUNT] = -5
  const acquaintance = new Acquaintance(people)
  people.tastes[0] = 5
  const found = Array.from({ length: 50 }, () => acquaintance.friendFor(0, chance))
  expect(new Set(found).size).toBeGreaterThan(5)
})

test('friends are of like taste more often than by chance', () => {
  const { people, ties } = makeWorld({ users: 300 })
  const likeness = (one: number, other: number): number =>
    Array.from({ length: SUBJECT_COUNT }, (_, subject) => subject).reduce(
      (sum, subject) => sum + people.taste(one, subject) * people.taste(other, subject),
      0,
    )
  let friends = 0
  let pairs = 0
  let anybody = 0
  for (let user = 0; user < people.count; user++) {
    anybody += likeness(user, (user + 1) % people.count)
    for (const friend of ties.friendsOf(user).keys()) {
      friends += likeness(user, friend)
      pairs++
    }
  }
  expect(pairs / people.count).toBeGreaterThan(6)
  expect(friends / pairs).toBeGreaterThan(1.3 * (anybody / people.count))
})
