import { expect, test } from 'vitest'
import { Freshness } from '../../../cli/live/freshness.ts'

const WINDOW_MS = 5_000
const freshness = (): Freshness => new Freshness(WINDOW_MS, 64)

test('freshness is the time from when events were accepted to when as many were processed', () => {
  const measured = freshness()
  measured.accept(10, 100)
  measured.process(4, 105)
  expect(measured.read(105)).toBe(5)
  measured.process(6, 120)
  expect(measured.read(120)).toBe(20)
})

test('half of what was measured lies at or below it', () => {
  const measured = freshness()
  for (const [index, tookMs] of [3, 50, 4].entries()) {
    measured.accept(index + 1, index * 100)
    measured.process(1, index * 100 + tookMs)
  }
  expect(measured.read(300)).toBe(4)
})

test('while events wait it is at least as long as the oldest of them waits', () => {
  const measured = freshness()
  measured.accept(1, 0)
  measured.process(1, 2)
  measured.accept(2, 10)
  measured.accept(3, 900)
  expect(measured.read(1_010)).toBe(1_000)
})

test('nothing is said when nothing was accepted within the window', () => {
  const measured = freshness()
  measured.accept(1, 0)
  measured.process(1, 2)
  expect(measured.read(WINDOW_MS + 3)).toBeNull()
})

test('what was accepted before it began counts for nothing, though it is processed later', () => {
  const measured = freshness()
  measured.begin(1_000)
  measured.process(400, 5)
  measured.accept(1_010, 10)
  expect(measured.read(50)).toBe(40)
  measured.process(10, 60)
  expect(measured.read(60)).toBe(50)
})

test('once everything is known to be processed nothing waits', () => {
  const measured = freshness()
  measured.accept(5, 0)
  measured.process(3, 10)
  measured.settle(20)
  expect(measured.read(4_000)).toBe(20)
  measured.accept(6, 4_000)
  measured.process(1, 4_001)
  expect(measured.read(4_001)).toBe(1)
})
