import { ByteReader, ByteWriter } from '../engine/bytes.ts'
import { KeyWriter } from '../engine/key.ts'
import { seen } from '../processors/seen.ts'
import { seenFilter, SeenPosts } from '../processors/seen-filter.ts'
import { touchedAuthors } from '../processors/touched-authors.ts'
import { watchedPosts } from '../processors/watched-posts.ts'
import { labelIndex } from '../processors/label-join/slate-index.ts'
import { labelJoin } from '../processors/label-join/labels.ts'
import { readConnections } from '../processors/connections/index.ts'
const USERS = 2000
const rnd = (n: number) => (Math.random() * n) | 0
const only = process.argv[2]
const mix = (posts: number, authors: number, i: number, t: number, req: boolean): any => {
  const r = Math.random()
  const kind =
    r < 0.5
      ? 'view'
      : r < 0.75
        ? 'dwell'
        : r < 0.85
          ? 'skip'
          : r < 0.93
            ? 'click'
            : r < 0.97
              ? 'like'
              : 'comment'
  const p = rnd(posts)
  return {
    eventId: 'e' + i,
    userId: 'user-' + rnd(USERS),
    postId: 'post-' + p,
    authorId: 'author-' + (p % authors),
    kind,
    undo: Math.random() < 0.02,
    value: kind === 'dwell' ? rnd(30000) : null,
    commentId: null,
    requestId: req ? 'req-' + rnd(3) : null,
    surface: null,
    at: t,
  }
}
const run = (
  proc: any,
  name: string,
  warm: number,
  n: number,
  posts: number,
  authors: number,
  req = false,
  prep?: (feed: (topic: string, ev: any) => void) => void,
  requests = 1,
) => {
  if (only && only !== name) return
  const rows = new Map<string, Buffer>()
  const reader = new ByteReader(),
    writer = new ByteWriter(1 << 20),
    key = new KeyWriter()
  let emits = 0,
    counts = 0
  const ctx: any = {
    time: 0,
    watermark: 0,
    late: false,
    emit: () => {
      emits++
    },
    timer: () => {},
    count: () => {
      counts++
    },
  }
  const h = (t: string) => proc.handlers.find((x: any) => x.input.name === t)
  const lay = proc.state
  const feed = (topic: string, ev: any) => {
    const hd = h(topic)
    key.reset()
    if (!hd.key(ev, key)) return
    const k = key.view().toString('latin1')
    const row = rows.get(k)
    ctx.time = ev.at
    const st = row === undefined ? lay.create() : lay.read(reader.over(row, 0, row.length))
    if (hd.process(ev, st, ctx)) {
      writer.reset()
      if (lay.write(st, writer)) rows.set(k, writer.copy())
      else rows.delete(k)
    }
  }
  let t = 1.7e12
  prep?.(feed)
  for (let i = 0; i < warm; i++) feed('reactions', mix(posts, authors, i, (t += 5), req))
  const evs = Array.from({ length: n }, (_, i) => mix(posts, authors, i, (t += 5), req))
  const hd = h('reactions')
  // timed: keys resolved before (the engine does that), rows as buffers, write into one writer
  const todo = evs.map((ev) => {
    key.reset()
    return hd.key(ev, key) ? (rows.get(key.view().toString('latin1')) ?? null) : undefined
  })
  let total = 0
  let touched = 0,
    written = 0,
    bytes = 0
  for (let rep = 0; rep < 5; rep++) {
    touched = written = bytes = 0
    const start = process.hrtime.bigint()
    for (let i = 0; i < n; i++) {
      const ev = evs[i]!
      const row = todo[i]
      key.reset()
      if (!hd.key(ev, key)) continue
      touched++
      ctx.time = ev.at
      const st = row === null || row === undefined ? lay.create() : lay.read(reader.over(row, 0, row.length))
      if (hd.process(ev, st, ctx)) {
        writer.position = 0
        writer.u8(1)
        lay.write(st, writer)
        written++
        bytes += writer.position
      }
    }
    const ns = Number(process.hrtime.bigint() - start)
    total = ns / n
  }
  const sizes = [...rows.values()].map((b) => b.length)
  console.log(
    name.padEnd(30),
    'ns/reaction',
    total.toFixed(0),
    'ns/touch',
    ((total * n) / touched).toFixed(0),
    'touched',
    (touched / n).toFixed(2),
    'written',
    (written / n).toFixed(2),
    'avg row written',
    (bytes / Math.max(1, written)).toFixed(0),
    'rows',
    rows.size,
    'avg',
    (sizes.reduce((a, b) => a + b, 0) / Math.max(1, sizes.length)).toFixed(0),
  )
  return rows
}
const N = 200_000
run(seen, 'seen', 1_000_000, N, 1_000_000, 1000)
run(touchedAuthors, 'touched', 1_000_000, N, 100_000, 300)
run(touchedAuthors, 'touched-small', 300_000, N, 100_000, 30)
run(watchedPosts, 'watched', 1_000_000, N, 1_000_000, 1000)
run(watchedPosts, 'watched-few', 100_000, N, 1_000_000, 1000)
run(labelIndex, 'index-no-rows', 0, N, 1_000_000, 1000)
run(labelJoin, 'join-no-request', 0, N, 1_000_000, 1000)
const imp = (feed: any) => {
  for (let u = 0; u < USERS; u++)
    for (let r = 0; r < 3; r++)
      feed('impressions', {
        requestId: 'req-' + r,
        userId: 'user-' + u,
        at: 1.7e12 - 1000 + r,
        candidates: Array.from({ length: 30 }, (_, i) => ({ postId: 'post-' + (r * 30 + i) })),
      })
}
run(labelIndex, 'index-3-slates-no-request', 0, N, 90, 10, false, imp)
run(labelJoin, 'join-with-request', 100_000, N, 90, 10, true, imp)
