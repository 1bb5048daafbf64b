import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RSS_MIB_MAX, runHostile } from './hostile.ts'

const EVENTS = 5_000
/** What serving, caches and the collector may move it by. */
const RSS_GROWTH_MIB_MAX = 150

describe('freshet up, under hostile events, requests and connections', () => {
  let directory = ''

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'freshet-hostile-'))
  })

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  it('refuses every bad one with a code, takes every good one, serves all along, in bounded memory', async () => {
    const report = await runHostile({ directory, events: EVENTS, seed: 1, endless: false })
    expect(report.malformed).toBeGreaterThanOrEqual(EVENTS)
    expect(report.accepted).toBeGreaterThan(0)
    expect(report.crashed).toBe(0)
    expect(report.serving_checks).toBeGreaterThan(0)
    expect(report.rss_mb_peak).toBeLessThan(RSS_MIB_MAX)
    expect(report.rss_mb_last_third - report.rss_mb_first_third).toBeLessThan(RSS_GROWTH_MIB_MAX)
  })
})
