import { describe, expect, it } from 'vitest'
import { HOUR_MS, type Millis, MINUTE_MS } from '../../../schemas/ids.ts'
import { type PostIndex, PostPool } from '../../../serving/retrieval/post-pool.ts'
import { later } from '../../processors/events.ts'
import { People } from '../people.ts'

const DAY_HOURS = 24
/** All hours have their turn in so many looks. */
const ROUND = 31
const HELD_HOURS = 30 * DAY_HOURS + 1
const TEXT = 'A night train to Porto and bread'

/** Counts what is asked of it, and knows what it holds. */
class CountingIndex implements PostIndex {
  puts = 0
  removes = 0
  readonly held = new Set<number>()

  async put(slots: Uint32Array): Promise<void> {
    this.puts += slots.length
    for (const slot of slots) this.held.add(slot)
  }

  async remove(slots: Uint32Array): Promise<void> {
    this.removes += slots.length
    for (const slot of slots) this.held.delete(slot)
  }
}

interface Opened {
  readonly pool: PostPool
  readonly index: CountingIndex
  /** What a round of looks at all hours asks of the index. */
  readonly round: () => Promise<Pick<CountingIndex, 'puts' | 'removes'>>
  readonly ids: () => string[]
}

const open = (people: People, postsMax?: number, newestEventAt: () => Millis = () => later(0)): Opened => {
  const index = new CountingIndex()
  const pool = new PostPool({
    rows: people.state.rows,
    index,
    newestEventAt,
    breathe: async () => undefined,
    ...(postsMax !== undefined && { postsMax }),
  })
  const round = async (): Promise<Pick<CountingIndex, 'puts' | 'removes'>> => {
    index.puts = index.removes = 0
    for (let turn = 0; turn < ROUND; turn++) await pool.refresh()
    return { puts: index.puts, removes: index.removes }
  }
  return { pool, index, round, ids: () => Array.from(pool.newest(), ({ postId }) => postId) }
}

/** So many posts in each of so many hours back: `HOUR-NUMBER`. */
const published = (hours: number, each = 1): People => {
  const people = new People()
  for (let back = 0; back < hours; back++) {
    for (let number = 0; number < each; number++) {
      const at = later(-back * HOUR_MS - MINUTE_MS - number)
      people.post(`${back}-${number}`, { text: TEXT, authorId: 'cy', at })
    }
  }
  return people
}

const hourOfId = (id: string): number => Number(id.split('-')[0])

describe('a pool where nothing is published', () => {
  it('takes nothing in to throw it out again, and reads anew the vectors of the newest day alone', async () => {
    const { pool, index, round } = open(published(800))
    await pool.fill()
    const { size } = pool
    expect([size, index.puts, index.removes]).toEqual([index.held.size, size, 0])
    // The hour that the newest event lies in is the first of them, and may hold none of these.
    expect(HELD_HOURS - size).toBeLessThanOrEqual(1)
    for (let times = 0; times < 2; times++) {
      const { puts, removes } = await round()
      expect([puts <= DAY_HOURS, removes, pool.size]).toEqual([true, 0, size])
    }
  })

  it('does no more where not all posts have room: those of the newest hours', async () => {
    const { pool, round, ids } = open(published(800, 2), 101)
    await pool.fill()
    expect(pool.size).toBe(100)
    expect(ids().map(hourOfId)).toEqual(Array.from({ length: 100 }, (_, index) => Math.floor(index / 2)))
    await round()
    for (let times = 0; times < 2; times++) {
      const { puts, removes } = await round()
      expect([puts <= 2 * DAY_HOURS, removes, pool.size]).toEqual([true, 0, 100])
    }
  })
})

describe('a pool that is full', () => {
  it('takes hours back, from the newest on, once others leave them room, and no other', async () => {
    const people = published(300, 2)
    const { pool, round, ids } = open(people, 100)
    await pool.fill()
    expect(Math.max(...ids().map(hourOfId))).toBe(49)
    for (const back of [3, 7, 20]) {
      for (const number of [0, 1])
        people.post(`${back}-${number}`, { action: 'deleted', authorId: 'cy', at: later(1 + back) })
    }
    await round()
    await round()
    expect(pool.size).toBe(100)
    expect(Math.max(...ids().map(hourOfId))).toBe(52)
    expect((await round()).removes).toBe(0)
  })

  it('lets the oldest go for what is published, and forgets what grows too old', async () => {
    const people = published(40, 2)
    let now = 0
    const { pool, index, round, ids } = open(people, 50, () => later(now))
    await pool.fill()
    for (let hour = 1; hour <= 5; hour++) {
      now = hour * HOUR_MS
      for (const number of [0, 1])
        people.post(`new-${hour}-${number}`, { text: TEXT, authorId: 'cy', at: later(now - MINUTE_MS) })
      await pool.refresh()
      expect(pool.size).toBeLessThanOrEqual(50)
    }
    expect(ids().filter((id) => id.startsWith('new'))).toHaveLength(10)
    expect(pool.size).toBe(50)
    expect((await round()).removes).toBe(0)
    now = 40 * DAY_HOURS * HOUR_MS
    await pool.refresh()
    expect([pool.size, index.held.size]).toEqual([0, 0])
    people.post('afresh', { text: TEXT, authorId: 'cy', at: later(now - MINUTE_MS) })
    await pool.refresh()
    expect(ids()).toEqual(['afresh'])
  })
})
