import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../engine/bytes.ts'
import { contractTopic } from '../../engine/contract-topic.ts'
import { failureOf } from '../../engine/dead-letters.ts'
import { Driver } from '../../engine/driver/driver.ts'
import { partitionOf } from '../../engine/hash.ts'
import { keyOf } from '../../engine/key.ts'
import { on, type Processor } from '../../engine/processor.ts'
import { node, topology } from '../../engine/topology.ts'
import type { EventId, PostId, UserId } from '../../schemas/ids.ts'
import { millis } from '../../schemas/ids.ts'
import { reactions as contract, type Reaction } from '../../schemas/reactions/index.ts'
import { countLayout, countOf, type Count } from './counting.ts'
import { orders, scripted, type Order } from './scripted.ts'

const AT = 1_750_000_000_000
const PARTITIONS = 2

const reactions = contractTopic(contract, { keySpace: 'user', graceMs: 0 })

const byUser: Processor<Count> = {
  name: 'by-user',
  about: 'counts reactions',
  state: countLayout,
  outputs: [],
  handlers: [
    on<Reaction, Count>({
      input: reactions,
      key: (reaction, key) => reaction.userId !== null && key.id(reaction.userId),
      process: (_, state) => {
        state.count++
        return true
      },
    }),
  ],
}

const counting = topology('reactions', 'counts reactions', [node(byUser)])

const reaction = (id: string, changes: Partial<Reaction> = {}): Reaction => ({
  eventId: id as EventId,
  userId: 'ann' as UserId,
  postId: 'post' as PostId,
  authorId: 'bob' as UserId,
  kind: 'like',
  undo: false,
  value: null,
  commentId: null,
  requestId: null,
  surface: null,
  at: millis(AT),
  ...changes,
})

const start = (): Promise<Driver> =>
  Driver.start(counting, { partitions: PARTITIONS, workers: 1, startMs: AT })
const key = keyOf('ann')
const partition = partitionOf(key, 0, key.length, PARTITIONS)

const bytesOf = (value: Reaction): Buffer => {
  const writer = new ByteWriter()
  reactions.codec.encode(value, writer)
  return Buffer.from(writer.view())
}

const byText = (one: unknown, other: unknown): number => (String(one) < String(other) ? -1 : 1)

describe('dead letters', () => {
  it('hold bytes that do not decode, with code, reason, position and the bytes themselves; the rest goes on', async () => {
    const driver = await start()
    await driver.publish(reactions, reaction('1'))
    await driver.publishRaw(reactions, key, Buffer.from('no frame'), AT)
    await driver.publish(reactions, reaction('2'))
    await driver.publishRaw(reactions, key, Buffer.alloc(0), AT)
    await driver.publish(reactions, reaction('3'))
    await driver.settle()
    expect(countOf(await driver.row('by-user', 'ann'))).toBe(3)
    const letters = await driver.deadLetters(reactions)
    expect(letters).toEqual([
      {
        topic: 'reactions',
        partition,
        offset: 1,
        code: 'DECODE_FAILED',
        field: null,
        reason: expect.stringContaining('FRAME_BROKEN'),
        processor: null,
        key,
        value: Buffer.from('no frame'),
        at: expect.any(Number),
      },
      expect.objectContaining({ offset: 3, code: 'DECODE_FAILED', value: Buffer.alloc(0) }),
    ])
    expect(letters[0]!.at).toBeGreaterThanOrEqual(AT)
  })

  it('name the field that breaks its contract', async () => {
    const driver = await start()
    await driver.publish(reactions, reaction('1', { authorId: 'a\nb' as UserId }))
    await driver.settle()
    expect(await driver.deadLetters(reactions)).toEqual([
      expect.objectContaining({
        code: 'CONTRACT_BROKEN',
        field: 'authorId',
        reason: expect.stringMatching(/^ID_CHARACTERS at/),
      }),
    ])
  })

  it('hold what lies on another partition than its id, where its row would be read by nobody', async () => {
    const driver = await start()
    const elsewhere = ['bob', 'cid', 'dan', 'eve'].find(
      (id) => partitionOf(keyOf(id), 0, 3, PARTITIONS) !== partition,
    )!
    await driver.publish(reactions, reaction('1'))
    await driver.publishRaw(reactions, keyOf(elsewhere), bytesOf(reaction('2')), AT)
    await driver.publish(reactions, reaction('3'))
    await driver.settle()
    expect(countOf(await driver.row('by-user', 'ann'))).toBe(2)
    expect(await driver.deadLetters(reactions)).toEqual([
      expect.objectContaining({
        partition: 1 - partition,
        code: 'WRONG_PARTITION',
        reason: expect.stringContaining(`belongs to partition ${partition} of ${PARTITIONS}`),
        value: bytesOf(reaction('2')),
      }),
    ])
  })

  it('hold nothing of what lies where it belongs under another key, for rows are found by its id', async () => {
    const driver = await start()
    const beside = ['bob', 'cid', 'dan', 'eve'].find(
      (id) => partitionOf(keyOf(id), 0, 3, PARTITIONS) === partition,
    )!
    await driver.publishRaw(reactions, keyOf(beside), bytesOf(reaction('1')), AT)
    await driver.settle()
    expect(countOf(await driver.row('by-user', 'ann'))).toBe(1)
    expect(await driver.deadLetters(reactions)).toEqual([])
  })

  it('hold bytes that any other codec could not read, as not decoded', async () => {
    const driver = await Driver.start(scripted, { partitions: 1, workers: 1 })
    await driver.publishRaw(orders, key, Buffer.from([3, 0x7b, 0x7b, 0x7b]), AT)
    await driver.publishRaw(orders, key, Buffer.from([200]), AT)
    await driver.settle()
    const letters = await driver.deadLetters(orders)
    expect(letters.map(({ code, processor }) => [code, processor])).toEqual([
      ['DECODE_FAILED', null],
      ['DECODE_FAILED', null],
    ])
    expect(letters[0]!.reason).toMatch('SyntaxError')
    expect(letters[1]!.reason).toMatch('TruncatedBytes')
  })

  it('name the processor that failed', async () => {
    const driver = await Driver.start(scripted, { partitions: 1, workers: 1 })
    const bad = (act: Order['act']): Order => ({ id: act, user: 'ann', at: AT, act })
    for (const act of ['throw', 'key throws', 'mapper throws', 'row too large'] as const) {
      await driver.publish(orders, bad(act))
    }
    await driver.settle()
    expect(
      (await driver.deadLetters(orders)).map(({ code, processor }) => [code, processor]).sort(byText),
    ).toEqual([
      ['PROCESS_FAILED', 'acting'],
      ['PROCESS_FAILED', 'acting'],
      ['PROCESS_FAILED', 'mapping'],
      ['RECORD_TOO_LARGE', 'acting'],
    ])
  })

  it('hold events too far in the future, and none that are just within', async () => {
    const driver = await Driver.start(counting, {
      partitions: 1,
      workers: 1,
      startMs: AT,
      worker: { futureMsMax: 60_000 },
    })
    const takenUpTo = AT + 1_000_000
    driver.advance(takenUpTo - AT)
    await driver.publish(reactions, reaction('1', { at: millis(takenUpTo + 60_000) }))
    await driver.publish(reactions, reaction('2', { at: millis(takenUpTo + 60_000 + 61_000) }))
    await driver.settle()
    expect(countOf(await driver.row('by-user', 'ann'))).toBe(1)
    const letters = await driver.deadLetters(reactions)
    expect(letters).toEqual([expect.objectContaining({ code: 'TIME_IN_FUTURE', offset: 1 })])
    expect(letters[0]!.reason).toMatch(`"at" is ${takenUpTo + 121_000}, later than`)
  })

  it('can be read, however large the record and its key were; they say what was cut', async () => {
    const driver = await start()
    const longKey = Buffer.alloc(60_000, 'k')
    const value = Buffer.alloc(1_048_576, 'v')
    await driver.publishRaw(reactions, longKey, value, AT)
    await driver.settle()
    const [letter] = await driver.deadLetters(reactions)
    expect(letter!.key.equals(longKey.subarray(0, 1_024))).toBe(true)
    expect(letter!.value.equals(value.subarray(0, 1_000_000))).toBe(true)
    expect(letter!.reason).toMatch('(48576 raw bytes cut)')
    expect(letter!.reason).toMatch('(58976 key bytes cut)')
  })

  it('are written once, also after a crash between processing and commit', async () => {
    const driver = await start()
    await driver.publishRaw(reactions, key, Buffer.from('no frame'), AT)
    driver.crash('before-commit', 0)
    await driver.settle()
    driver.crash('after-log', 0)
    await driver.publish(reactions, reaction('1'))
    await driver.settle()
    expect(await driver.deadLetters(reactions)).toHaveLength(1)
  })
})

describe('the reason of a failure', () => {
  it('is short and well-formed, whatever was thrown', () => {
    const thrown: readonly unknown[] = [
      new Error('x'.repeat(10_000)),
      new Error(`${'x'.repeat(492)}🙂🙂`),
      new Error('\ud83d'),
      'text',
      undefined,
      null,
      Symbol('symbol'),
      Object.create(null),
      {
        toString: () => {
          throw new Error('not even this')
        },
      },
    ]
    for (const each of thrown) {
      const { reason, code } = failureOf(each, 'PROCESS_FAILED')
      expect(code).toBe('PROCESS_FAILED')
      expect(reason.length).toBeGreaterThan(0)
      expect(reason.length).toBeLessThanOrEqual(500)
      expect(reason.isWellFormed()).toBe(true)
    }
  })
})
