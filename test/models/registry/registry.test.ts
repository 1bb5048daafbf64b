import { access, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { HOUR_MS, millis } from '../../../schemas/ids.ts'
import type { ModelRegistry } from '../../../models/registry/registry.ts'
import { STATES_KEPT } from '../../../models/registry/state-files.ts'
import { FILES_KEPT, RECORDS_MAX } from '../../../models/registry/transitions.ts'
import { temporaryDirectory } from '../../cli/temporary.ts'
import { comparison, fakeSnapshot, openRegistry, progress, START } from './sample.ts'

const begun = async (): Promise<{ root: string; registry: ModelRegistry; prior: string }> => {
  const root = await temporaryDirectory()
  const registry = await openRegistry(root)
  const { version } = await registry.begin(await fakeSnapshot(root, 'prior', { origin: 'prior' }))
  return { root, registry, prior: version }
}

const offered = async ({ root, registry }: { root: string; registry: ModelRegistry }, name: string) => {
  const { directory } = await fakeSnapshot(root, name)
  return registry.offer(directory, progress())
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

describe('a registry', () => {
  test('begins with the prior, and says so again when it is opened anew', async () => {
    const { root, prior } = await begun()
    const again = await openRegistry(root)
    expect(await again.live('heavy')).toMatchObject({
      version: prior,
      state: 'live',
      parent: null,
      origin: 'prior',
    })
    expect(await again.live('light')).toBeNull()
    await again.begin(await fakeSnapshot(root, 'prior', { origin: 'prior' }))
    expect(await again.list()).toHaveLength(1)
  })

  test('promotes what the gate lets pass, and says what it was judged by', async () => {
    const sample = await begun()
    const record = await offered(sample, 'one')
    expect(record).toMatchObject({
      state: 'live',
      parent: sample.prior,
      examples: 10_000,
      against: { version: sample.prior },
      reason: 'holds on like',
    })
    expect(await sample.registry.live('heavy')).toEqual(record)
    expect((await sample.registry.list('heavy')).map(({ state }) => state)).toEqual(['retired', 'live'])
  })

  test('refuses what is worse, with the reason, and goes on with what is live', async () => {
    const { root, registry, prior } = await begun()
    const { directory } = await fakeSnapshot(root, 'worse')
    const record = await registry.offer(directory, progress(START, comparison(0.6, 0.75)))
    expect(record.state).toBe('refused')
    expect(record.reason).toBe('like: auc is 0.6000 (live 0.7500, limit 0.7300)')
    expect(record.findings).toHaveLength(1)
    expect((await registry.live('heavy'))?.version).toBe(prior)
  })

  test('refuses what was made for other columns, whatever its figures', async () => {
    const { root, registry, prior } = await begun()
    const { directory } = await fakeSnapshot(root, 'other', { columnsHash: 'other' })
    const record = await registry.offer(directory, progress())
    expect(record).toMatchObject({ state: 'refused', columnsHash: 'other' })
    expect(record.reason).toContain('SNAPSHOT_COLUMNS')
    expect((await registry.live('heavy'))?.version).toBe(prior)
  })

  test('refuses what does not run though its files are what the manifest says, and no hand promotes it', async () => {
    const { root, registry, prior } = await begun()
    const { directory, manifest } = await fakeSnapshot(root, 'text', { bytes: Buffer.from('no graph') })
    const record = await registry.offer(directory, progress())
    expect(record).toMatchObject({ state: 'refused', version: manifest.version })
    expect(record.reason).toMatch(/^parity: SNAPSHOT_FAILED/)
    expect((await registry.live('heavy'))?.version).toBe(prior)
    const promoting = registry.promote('heavy', manifest.version, { reason: 'by hand' })
    await expect(promoting).rejects.toThrow('SNAPSHOT_FAILED')
    await expect(registry.setShadow('heavy', manifest.version)).rejects.toThrow('SNAPSHOT_FAILED')
  })

  test('registers nothing of a snapshot that is not what its manifest says', async () => {
    const { root, registry } = await begun()
    const { directory } = await fakeSnapshot(root, 'broken')
    await writeFile(join(directory, 'model.onnx'), 'broken?')
    await expect(registry.offer(directory, progress())).rejects.toThrow('SNAPSHOT_CORRUPT')
    await rm(join(directory, 'manifest.json'))
    await expect(registry.offer(directory, progress())).rejects.toThrow('SNAPSHOT_MISSING')
    expect(await registry.list()).toHaveLength(1)
  })

  test('lets wait what cannot be judged, until somebody promotes it', async () => {
    const { root, registry } = await begun()
    const { directory, manifest } = await fakeSnapshot(root, 'unjudged')
    expect(await registry.offer(directory, progress(START, null))).toMatchObject({ state: 'candidate' })
    const promoted = await registry.promote('heavy', manifest.version, { reason: 'by hand' })
    expect(promoted).toMatchObject({ state: 'live', reason: 'by hand' })
  })

  test('takes the same content once', async () => {
    const sample = await begun()
    const first = await offered(sample, 'one')
    expect(await offered(sample, 'one')).toEqual(first)
    expect(await sample.registry.list()).toHaveLength(2)
  })

  test('refuses all that was learned from a stream which turned bad, and takes it as usual when it stays so', async () => {
    const { root, registry } = await begun()
    const at = async (name: string, hours: number, candidate: number, live: number) => {
      const { directory } = await fakeSnapshot(root, name)
      return registry.offer(directory, progress(START + hours * HOUR_MS, comparison(candidate, live)))
    }
    for (let hour = 0; hour < 3; hour++)
      expect((await at(`good ${hour}`, hour, 0.75, 0.75)).state).toBe('live')
    const good = (await registry.live('heavy'))!.version
    for (const hour of [3, 4, 5]) {
      const record = await at(`flipped ${hour}`, hour, 0.7, 0.3)
      expect(record.state).toBe('refused')
      expect(record.reason).toContain('the examples are not what they were')
    }
    expect((await registry.live('heavy'))?.version).toBe(good)
    expect((await at('recovered', 6, 0.74, 0.75)).state).toBe('live')
    expect((await at('for good', 13, 0.7, 0.3)).state).toBe('live')
  })
})

describe('a rollback', () => {
  test('leads to what served before, one further each time, and holds promotion', async () => {
    const sample = await begun()
    const { registry, prior } = sample
    const first = await offered(sample, 'one')
    const second = await offered(sample, 'two')
    const back = await registry.rollback('heavy', 'looks odd')
    expect(back.version).toBe(first.version)
    // It is live since now, and not since it was the first time.
    expect(back.promotedAt).toBeGreaterThan(second.promotedAt!)
    const held = await offered(sample, 'three')
    expect(held).toMatchObject({ state: 'candidate', reason: 'passed, but promotion is held: looks odd' })
    expect((await registry.rollback('heavy', 'still')).version).toBe(prior)
    await expect(registry.rollback('heavy', 'more')).rejects.toThrow('MODEL_NOTHING_EARLIER')
    const records = await registry.list('heavy')
    expect(records.find(({ version }) => version === second.version)).toMatchObject({
      state: 'retired',
      isWithdrawn: true,
      reason: 'looks odd',
    })
  })

  test('of a version that is live no more changes nothing: several may find the same one wanting', async () => {
    const sample = await begun()
    const { root, registry } = sample
    const first = await offered(sample, 'one')
    const second = await offered(sample, 'two')
    const other = await openRegistry(root)
    const from = { from: second.version }
    const back = await Promise.all([registry, other].map((each) => each.rollback('heavy', 'torn', from)))
    expect(back.map(({ version }) => version)).toEqual([first.version, first.version])
    const state = await registry.state()
    expect((await registry.rollback('heavy', 'torn', from)).version).toBe(first.version)
    expect(await registry.state()).toEqual(state)
    expect(state.heavy.records.map((each) => [each.state, each.isWithdrawn])).toEqual([
      ['retired', false],
      ['live', false],
      ['retired', true],
    ])
  })

  test('is over with a promotion by hand, unless that is to stay', async () => {
    const sample = await begun()
    const { registry, prior } = sample
    const first = await offered(sample, 'one')
    await registry.rollback('heavy', 'looks odd')
    await registry.promote('heavy', first.version, { reason: 'it was not', hold: true })
    expect((await offered(sample, 'two')).state).toBe('candidate')
    await registry.promote('heavy', first.version, { reason: 'go on' })
    expect((await registry.state()).heavy.held).toBeNull()
    expect((await offered(sample, 'three')).state).toBe('live')
    expect((await registry.promote('heavy', prior, { reason: 'the first' })).state).toBe('live')
  })

  test('never leads to what was made for other columns', async () => {
    const { root, registry } = await begun()
    await registry.begin(await fakeSnapshot(root, 'prior of old', { origin: 'prior' }))
    const state = await registry.state()
    expect(state.heavy.records.map(({ state: each }) => each)).toEqual(['live', 'retired'])
    // As a later version of the code would: its prior replaces what was made for columns of before.
    await registry.begin(await fakeSnapshot(root, 'new prior', { origin: 'prior', columnsHash: 'new' }))
    await expect(registry.rollback('heavy', 'back')).rejects.toThrow('MODEL_NOTHING_EARLIER')
    expect(await registry.live('heavy')).toMatchObject({ columnsHash: 'new' })
  })
})

describe('a promotion by hand', () => {
  test('names what it does not know, and what lost its files', async () => {
    const sample = await begun()
    const { registry, root } = sample
    await expect(registry.promote('heavy', 'nothing', { reason: '' })).rejects.toThrow('MODEL_UNKNOWN')
    const versions: string[] = []
    for (let index = 0; index < FILES_KEPT.retired + 3; index++)
      versions.push((await offered(sample, `each ${index}`)).version)
    expect(await isThere(join(root, `heavy-${versions[0]}`))).toBe(false)
    await expect(registry.promote('heavy', versions[0]!, { reason: '' })).rejects.toThrow('MODEL_GONE')
    expect(await isThere(join(root, `heavy-${versions.at(-2)}`))).toBe(true)
  })

  test('refuses files that could not serve', async () => {
    const sample = await begun()
    const first = await offered(sample, 'one')
    await offered(sample, 'two')
    await writeFile(join(sample.registry.directoryOf(first), 'model.onnx'), 'x')
    await expect(sample.registry.promote('heavy', first.version, { reason: '' })).rejects.toThrow(
      'SNAPSHOT_CORRUPT',
    )
  })
})

describe('files', () => {
  test('of what served last are kept, whenever it was offered', async () => {
    const sample = await begun()
    const { registry } = sample
    const versions: string[] = []
    for (let index = 0; index < FILES_KEPT.retired + 2; index++)
      versions.push((await offered(sample, `each ${index}`)).version)
    // Somebody finds all that came after it wanting; the next offer passes, and is wanting too.
    const oldest = versions[1]!
    await registry.promote('heavy', oldest, { reason: 'by hand' })
    await offered(sample, 'after')
    expect((await registry.rollback('heavy', 'looks odd')).version).toBe(oldest)
  })

  test('of what was withdrawn give way first', async () => {
    const sample = await begun()
    const { registry } = sample
    for (let index = 0; index < FILES_KEPT.retired + 3; index++) await offered(sample, `each ${index}`)
    for (let times = 0; times < FILES_KEPT.retired; times++) await registry.rollback('heavy', 'looks odd')
    const good = (await registry.live('heavy'))!.version
    const next = await offered(sample, 'mended')
    await registry.promote('heavy', next.version, { reason: 'mended' })
    expect((await registry.rollback('heavy', 'it is not')).version).toBe(good)
    const retired = (await registry.list('heavy')).filter(
      ({ state, origin }) => state === 'retired' && origin === 'trained',
    )
    expect(retired.filter(({ hasFiles }) => hasFiles)).toHaveLength(FILES_KEPT.retired)
  })
})

test('a shadow is one that does not serve; the next takes its place', async () => {
  const sample = await begun()
  const { registry, prior } = sample
  const first = await offered(sample, 'one')
  await expect(registry.setShadow('heavy', first.version)).rejects.toThrow('is live')
  expect(await registry.setShadow('heavy', prior)).toMatchObject({ version: prior, state: 'shadow' })
  await registry.rollback('heavy', 'x').catch(() => undefined)
  const { directory, manifest } = await fakeSnapshot(sample.root, 'unjudged')
  await registry.offer(directory, progress(START, null))
  expect(await registry.setShadow('heavy', manifest.version)).toMatchObject({ version: manifest.version })
  expect((await registry.list()).map(({ state }) => state)).toEqual(['retired', 'live', 'shadow'])
  expect(await registry.setShadow('heavy', null)).toBeNull()
  expect((await registry.list()).map(({ state }) => state)).toEqual(['retired', 'live', 'candidate'])
})

test('a snapshot that shadowed is afterwards what it was before: refused ones stay refused', async () => {
  const sample = await begun()
  const { root, registry } = sample
  const refused = await registry.offer(
    (await fakeSnapshot(root, 'worse')).directory,
    progress(START, comparison(0.6, 0.75)),
  )
  await offered(sample, 'one')
  const stateOf = async (version: string): Promise<string | undefined> =>
    (await registry.list()).find((each) => each.version === version)?.state
  await registry.setShadow('heavy', refused.version)
  // Said twice, it is remembered still.
  expect(await registry.setShadow('heavy', refused.version, 0.5)).toMatchObject({
    state: 'shadow',
    shadowing: { before: 'refused', share: 0.5 },
  })
  await registry.setShadow('heavy', null)
  expect((await registry.list()).find(({ version }) => version === refused.version)).toEqual(refused)
  await registry.setShadow('heavy', refused.version)
  await registry.setShadow('heavy', sample.prior)
  expect([await stateOf(refused.version), await stateOf(sample.prior)]).toEqual(['refused', 'shadow'])
  await registry.setShadow('heavy', refused.version)
  expect(await stateOf(sample.prior)).toBe('retired')
  const promoted = await registry.promote('heavy', refused.version, { reason: 'by hand' })
  expect(promoted).toMatchObject({ state: 'live' })
  expect(promoted).not.toHaveProperty('shadowing')
})

test('a shadow that nothing would score is refused, and so is a share that is none', async () => {
  const { root, registry, prior } = await begun()
  const { version } = await registry.begin(await fakeSnapshot(root, 'light', { model: 'light' }))
  await expect(registry.setShadow('light', version)).rejects.toThrow(/^SHADOW_REFUSED: nothing scores light/)
  for (const share of [0, 1.01, Number.NaN])
    await expect(registry.setShadow('heavy', prior, share)).rejects.toThrow(/^SHADOW_REFUSED: share is/)
  // Nothing shadows it, and that may be said of any.
  expect(await registry.setShadow('light', null)).toBeNull()
})

test('what is kept is bounded: records, files and states; the prior keeps its files', async () => {
  const sample = await begun()
  for (let index = 0; index < RECORDS_MAX + 10; index++) await offered(sample, `each ${index}`)
  const records = await sample.registry.list('heavy')
  expect(records).toHaveLength(RECORDS_MAX)
  expect(records[0]).toMatchObject({ origin: 'prior', hasFiles: true })
  const names = await readdir(sample.root)
  expect(names.filter((name) => name.startsWith('heavy-'))).toHaveLength(FILES_KEPT.retired + 2)
  expect(names.filter((name) => name.startsWith('registry-'))).toHaveLength(STATES_KEPT + 1)
  expect(names.filter((name) => name.includes('.part'))).toEqual([])
})

test('what a dead writer left is deleted after a while, and what is being offered is not', async () => {
  const { root } = await begun()
  const { directory } = await fakeSnapshot(root, 'left')
  const { mtimeMs } = await stat(directory)
  await openRegistry(root, { now: () => millis(mtimeMs + 30 * 60_000) })
  expect(await isThere(directory)).toBe(true)
  await openRegistry(root, { now: () => millis(mtimeMs + 2 * HOUR_MS) })
  expect(await isThere(directory)).toBe(false)
})

test.each([
  'heavy-0123456789abcdef.part-x1Y2z3',
  'retrieval-0123456789abcdef.part',
  'registry-000000000009.json.1.part-x1Y2z3',
  'registry-000000000009.json.77.part',
])('so is what it had not finished, as this version names it or an earlier one: %s', async (name) => {
  const { root } = await begun()
  const part = join(root, name)
  await mkdir(part)
  await writeFile(join(part, 'model.onnx'), 'x')
  const { mtimeMs } = await stat(part)
  await openRegistry(root, { now: () => millis(mtimeMs + 30 * 60_000) })
  expect(await isThere(part)).toBe(true)
  await openRegistry(root, { now: () => millis(mtimeMs + 2 * HOUR_MS) })
  expect(await isThere(part)).toBe(false)
})

test('a state that is not what was written is refused by the name of its file', async () => {
  const { root } = await begun()
  const newest = (await readdir(root))
    .filter((name) => name.startsWith('registry-'))
    .sort()
    .at(-1)!
  await writeFile(join(root, newest), '{"format":1,"sha256":"0","state":{}}')
  await expect(openRegistry(root)).rejects.toThrow(`REGISTRY_CORRUPT: ${newest}`)
})
