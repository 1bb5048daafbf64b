import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ScanOptions, TaskStorage } from '../../engine/state/port.ts'
import type { StateFixture } from './state.ts'

/** Few bytes and short keys, so that keys meet and prefixes matter. */
const key = fc
  .array(fc.constantFrom(0, 1, 97, 254, 255), { maxLength: 4 })
  .map((values) => Buffer.from(values).toString('latin1'))
const store = fc.constantFrom(0, 1, 255, 256, 65_535)

const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      changes: fc.array(fc.record({ store, key, value: fc.option(fc.string({ maxLength: 6 })) }), {
        maxLength: 30,
      }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('get' as const),
      store,
      keys: fc.array(key, { maxLength: 20 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('scan' as const),
      store,
      prefix: fc.option(key),
      after: fc.option(key),
      limit: fc.nat(10),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
)
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never

const binary = (text: string): Buffer => Buffer.from(text, 'latin1')

const rowText = ({ key, value }: { key: Buffer; value: Buffer }): string =>
  `${key.toString('hex')} ${value.toString()}`

class ModelRun {
  private readonly fixture: StateFixture
  private task!: TaskStorage
  private closeStorage = async (): Promise<void> => {}
  private readonly rows = new Map<number, Map<string, string>>()
  private sequence = 0

  constructor(fixture: StateFixture) {
    this.fixture = fixture
  }

  async run(operations: readonly Operation[]): Promise<void> {
    await this.reopen()
    for (const step of operations) await this.apply(step)
    await this.reopen()
    for (const store of this.rows.keys()) await this.scan(store, { limit: 1000 })
    await this.closeStorage()
  }

  private async apply(step: Operation): Promise<void> {
    switch (step.kind) {
      case 'write':
        return this.write(step.changes)
      case 'get': {
        const found = await this.task.getMany(step.store, step.keys.map(binary))
        const rows = this.rows.get(step.store)
        expect(found.map((value) => value?.toString())).toEqual(step.keys.map((key) => rows?.get(key)))
        return
      }
      case 'scan': {
        const { prefix, after, limit } = step
        return this.scan(step.store, {
          ...(prefix !== null && { prefix: binary(prefix) }),
          ...(after !== null && { after: binary(after) }),
          limit,
        })
      }
      case 'reopen':
        return this.reopen()
    }
  }

  private async write(changes: Extract<Operation, { kind: 'write' }>['changes']): Promise<void> {
    const write = this.task.write()
    for (const { store, key, value } of changes) {
      const rows = this.rows.get(store) ?? new Map<string, string>()
      this.rows.set(store, rows)
      if (value === null) {
        write.remove(store, binary(key))
        rows.delete(key)
      } else {
        write.put(store, binary(key), Buffer.from(value))
        rows.set(key, value)
      }
    }
    await write.commit(++this.sequence)
    expect(this.task.sequence()).toBe(this.sequence)
  }

  private async scan(store: number, options: ScanOptions): Promise<void> {
    const found = await this.task.scan(store, options)
    const expected = [...(this.rows.get(store) ?? [])]
      .map(([key, value]) => ({ key: binary(key), value: Buffer.from(value) }))
      .filter(
        ({ key }) =>
          options.prefix === undefined || key.subarray(0, options.prefix.length).equals(options.prefix),
      )
      .filter(({ key }) => options.after === undefined || Buffer.compare(key, options.after) > 0)
      .sort((one, other) => Buffer.compare(one.key, other.key))
    expect(found.map(rowText)).toEqual(expected.slice(0, options.limit).map(rowText))
  }

  private async reopen(): Promise<void> {
    await this.closeStorage()
    const storage = await this.fixture.open()
    this.closeStorage = () => storage.close()
    this.task = await storage.open('task')
    expect(this.task.sequence()).toBe(this.sequence)
  }
}

/** Random runs of every operation, compared with sorted maps. */
export const stateKeepsToItsModel = (fixtureOf: () => Promise<StateFixture>, runs: number): void => {
  test('random runs, with reopenings, agree with a model of sorted maps', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 30 }), async (operations) => {
        const fixture = await fixtureOf()
        try {
          await new ModelRun(fixture).run(operations)
        } finally {
          await fixture.dispose()
        }
      }),
      { numRuns: runs },
    )
  })
}
