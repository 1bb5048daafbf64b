import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from '../../engine/bytes.ts'
import { windows } from '../../features/aggregates.ts'
import { Contributions } from '../../features/contributions.ts'
import { days, WINDOWS } from '../../features/durations.ts'
import { view as declare } from '../../features/view.ts'
import { DAY_MS } from '../../schemas/ids.ts'
import { mergeOf, newestOf, NOW, rowOf, takeAwayOf, touchLists, addsNothing } from './oracle.ts'
import { type Touch, touch, touches, touchView } from './sample.ts'

const view = touchView()
const NO_ROW = Buffer.alloc(0)

/** Cuts a list into parts that are each counted, and merges the parts two by two in the order drawn. */
const mergedBy = (events: readonly Touch[], cuts: readonly number[], picks: readonly number[]): Buffer => {
  const borders = [0, ...cuts.map((cut) => cut % (events.length + 1)).sort((a, b) => a - b), events.length]
  const parts = borders.slice(1).map((end, index) => rowOf(view, events.slice(borders[index], end)))
  for (let step = 0; parts.length > 1; step++) {
    const one = parts.splice(picks[step % picks.length]! % parts.length, 1)[0]!
    const at = picks[(step + 1) % picks.length]! % parts.length
    parts[at] = mergeOf(view, parts[at]!, one)
  }
  return parts[0]!
}

const numbers = fc.array(fc.nat(), { minLength: 2, maxLength: 8 })

test('any order, any split and any tree of merges give the same bytes', () => {
  fc.assert(
    fc.property(
      touchLists.chain((list) => fc.tuple(fc.constant(list), shuffled(list))),
      numbers,
      numbers,
      ([events, reordered], cuts, picks) => {
        const row = rowOf(view, events)
        expect(rowOf(view, reordered).equals(row)).toBe(true)
        expect(mergedBy(reordered, cuts, picks).equals(row)).toBe(true)
      },
    ),
    { numRuns: 500 },
  )
})

/** Twenty series, so that rows skip over many slots. */
const wide = declare({
  name: 'wide',
  version: 1,
  about: 'Many series.',
  source: touches,
  keySpace: 'user',
  key: (event, key) => key.id(event.author),
  timeToLive: days(90),
  series: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`series_${index}`, {}])),
  aggregates: Array.from({ length: 20 }, (_, index) => windows([`series_${index}`], WINDOWS)),
})

interface Part {
  readonly newest: number
  readonly entries: readonly { readonly slot: number; readonly back: number; readonly sum: number }[]
}

const parts: fc.Arbitrary<Part> = fc.record({
  newest: fc.nat(40 * DAY_MS).map((age) => NOW - age),
  entries: fc.uniqueArray(
    fc.record({
      slot: fc.nat(wide.slots.length - 1),
      back: fc.oneof(fc.nat(3), fc.nat(300)),
      sum: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 1 - 2 ** 52, max: 2 ** 52 - 1 })),
    }),
    { selector: ({ slot, back }) => slot * 1000 + back, maxLength: 30 },
  ),
})

const tileOf = ({ newest }: Part, { slot, back }: Part['entries'][number]): number =>
  Math.floor(newest / wide.slots[slot]!.tileMs) - back

const rowOfPart = (part: Part): Buffer => {
  const added = new Contributions()
  added.newest = part.newest
  const sorted = part.entries.toSorted((one, other) => one.slot - other.slot || one.back - other.back)
  for (const entry of sorted) added.push(entry.slot, tileOf(part, entry), entry.sum)
  const writer = new ByteWriter(1)
  wide.rows.add(NO_ROW, 0, 0, added, writer)
  return writer.copy()
}

/** Sums by slot and tile of what is not too old for the newest of the parts, and that newest time. */
const sumOfParts = (all: readonly Part[]): Record<string, number> => {
  const newest = Math.max(...all.map((part) => part.newest))
  const sums: Record<string, number> = {}
  for (const part of all) {
    for (const entry of part.entries) {
      const { tileMs, horizonMs } = wide.slots[entry.slot]!
      const tile = tileOf(part, entry)
      const place = `${entry.slot} ${tile}`
      if ((tile + 1) * tileMs + horizonMs > newest) sums[place] = (sums[place] ?? 0) + entry.sum
    }
  }
  return { newest, ...Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0)) }
}

const sumOfRow = (row: Buffer): Record<string, number> => {
  const { rows } = wide
  const entries = new Contributions()
  rows.load(row, 0, row.length, entries)
  const { newest, slots, tiles, values } = entries
  const places = Array.from({ length: entries.count }, (_, at) => [`${slots[at]} ${tiles[at]}`, values[at]])
  return { newest, ...Object.fromEntries(places) }
}

test('sums of rows are sums by slot and tile, wherever they have entries and however large', () => {
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      const row = mergeOf(wide, rowOfPart(one), rowOfPart(other))
      expect(sumOfRow(row)).toEqual(sumOfParts([one, other]))
    }),
    { numRuns: 300 },
  )
})

test('events and their undos leave the newest time and nothing else', () => {
  fc.assert(
    fc.property(
      touchLists.chain((list) => shuffled([...list, ...list.map((each) => ({ ...each, undo: !each.undo }))])),
      (events) => {
        const row = rowOf(view, events)
        const counted = events.filter((each) => !addsNothing(each))
        expect(view.newest(row, 0, row.length)).toBe(newestOf(counted))
        expect(row.length).toBe(counted.length === 0 ? 0 : 6)
      },
    ),
  )
})

test('taking a part away leaves what the rest would be beside the part, fully undone', () => {
  fc.assert(
    fc.property(touchLists, touchLists, (rest, part) => {
      const [restRow, partRow] = [rowOf(view, rest), rowOf(view, part)]
      const undone = takeAwayOf(view, partRow, partRow)
      const left = takeAwayOf(view, mergeOf(view, restRow, partRow), partRow)
      expect(left.equals(mergeOf(view, restRow, undone))).toBe(true)
    }),
  )
})

test('an event too late to count is not counted after what outdated it was taken back', () => {
  const windowed = touch({ kind: 'comment', at: 1_600_000_000_000 })
  const newer = touch({ kind: 'comment' })
  const undo = touch({ kind: 'comment', undo: true })
  const row = rowOf(view, [newer, undo, windowed])
  expect(row.equals(rowOf(view, [windowed, newer, undo]))).toBe(true)
  expect(view.describe(row, newer.at)['user_author.engagements.window_30d']).toBe(0)
})

test('no events are no row', () => {
  expect(rowOf(view, [])).toHaveLength(0)
  expect(mergeOf(view, Buffer.alloc(0), Buffer.alloc(0))).toHaveLength(0)
})

test('sums stay at their limit instead of losing digits', () => {
  const row = rowOf(view, [touch({ kind: 'dwell', ms: 2 ** 28 })])
  let sum = row
  for (let doubling = 0; doubling < 30; doubling++) sum = mergeOf(view, sum, sum)
  const total = 'user_author.dwell.total'
  expect(view.describe(sum, touch().at)[total]).toBe(Number.MAX_SAFE_INTEGER + 1)
  expect(mergeOf(view, sum, sum).equals(sum)).toBe(true)
})

function shuffled<Value>(list: readonly Value[]): fc.Arbitrary<Value[]> {
  return fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length })
}
