import type { ByteReader, ByteWriter } from '../engine/bytes.ts'
import { on, type Context, type Processor, type StateLayout } from '../engine/processor.ts'
import { exp2 } from '../features/exp2.ts'
import { DAY_MS, type Millis, millis } from '../schemas/ids.ts'
import { CONTENT_DIMENSIONS, CONTENT_SCALE } from './content/direction.ts'
import { ERASURE_MEMORY_MS } from './erasure.ts'
import { rowReader } from './rows.ts'
import { erasures } from './topics.ts'
import { type TasteReaction, tasteReactions } from './topics/taste-reaction.ts'

/** After so long a reaction tells half as much. */
export const TASTE_HALF_LIFE_MS = 14 * DAY_MS
/** Sums are kept relative to the start of their epoch: weights grow up to 2^8 in it, and stay whole numbers. */
const EPOCH_MS = 8 * TASTE_HALF_LIFE_MS
/** The epochs kept: what is older tells below a 2^8th. */
const EPOCHS = 2
/** Weights are rounded to a part of this: an error below 2 % at the start of an epoch, and less after it. */
const WEIGHT_PARTS = 32

/**
 * Sums of w · 2^((t − L) / H) · v over reactions, L being the start of the epoch they fall into: whole numbers, so
 * that they come out the same in any order, and an undo leaves nothing behind.
 */
class Taste {
  erasedAt = 0
  /** Number of the newest epoch; −1 for none. */
  newest = -1
  /** By age of the epoch, the newest first. */
  readonly sums = Array.from({ length: EPOCHS }, () => new Float64Array(CONTENT_DIMENSIONS))

  clear(): this {
    this.erasedAt = 0
    this.forget()
    return this
  }

  forget(): void {
    this.newest = -1
    for (const sums of this.sums) sums.fill(0)
  }

  load(reader: ByteReader): this {
    this.clear()
    this.erasedAt = reader.f64()
    if (reader.left === 0) return this
    this.newest = reader.varint()
    for (const sums of this.sums) {
      if (reader.left === 0) break
      for (let index = 0; index < sums.length; index++) sums[index] = reader.signedVarint()
    }
    return this
  }

  save(writer: ByteWriter): boolean {
    const isEmpty = this.sums.map((sums) => sums.every((sum) => sum === 0))
    const epochs = isEmpty.lastIndexOf(false) + 1
    if (this.newest === -1 && this.erasedAt === 0) return false
    writer.f64(this.erasedAt)
    if (this.newest === -1) return true
    // Sums that cancel leave it: or what is too old to count would count after all, if it came last.
    writer.varint(this.newest)
    for (const sums of this.sums.slice(0, epochs)) for (const sum of sums) writer.signedVarint(sum)
    return true
  }

  /** Answers whether it changed anything. */
  add({ at, weight, vector }: TasteReaction): boolean {
    const epoch = Math.floor(at / EPOCH_MS)
    if (epoch > this.newest) this.moveTo(epoch)
    const sums = this.sums[this.newest - epoch]
    if (sums === undefined) return false
    const parts = Math.sign(weight) * Math.round(Math.abs(weight) * WEIGHT_PARTS * growth(at, epoch))
    for (let index = 0; index < sums.length; index++) sums[index]! += parts * vector[index]!
    return true
  }

  /** What the sums come to at a time, faded; answers its length. */
  readInto(asOf: Millis, into: Float32Array): number {
    into.fill(0)
    for (const [age, sums] of this.sums.entries()) {
      const factor = 1 / growth(asOf, this.newest - age) / WEIGHT_PARTS
      for (let index = 0; index < sums.length; index++) into[index]! += factor * sums[index]!
    }
    return Math.hypot(...into)
  }

  private moveTo(epoch: number): void {
    const passed = this.newest === -1 ? EPOCHS : epoch - this.newest
    for (let age = EPOCHS - 1; age >= 0; age--) {
      const from = age - passed
      if (from >= 0) this.sums[age]!.set(this.sums[from]!)
      else this.sums[age]!.fill(0)
    }
    this.newest = epoch
  }
}

const growth = (at: number, epoch: number): number => exp2((at - epoch * EPOCH_MS) / TASTE_HALF_LIFE_MS)

const taste = new Taste()

const layout: StateLayout<Taste> = {
  version: 1,
  create: () => taste.clear(),
  read: (reader) => taste.load(reader),
  write: (state, writer) => state.save(writer),
}

const erase = (at: Millis, state: Taste, context: Context): boolean => {
  if (at <= state.erasedAt) return false
  state.forget()
  state.erasedAt = at
  context.timer(millis(at + ERASURE_MEMORY_MS))
  return true
}

/**
 * What a user likes, as the decayed sum of what posts are about that they reacted to, less those they refused. An
 * erasure takes all of it; of sums nothing can be told apart, so what was reacted to after it and processed before
 * goes too.
 */
export const userTaste: Processor<Taste> = {
  name: 'user-taste',
  about: 'What a user likes: a decayed sum of the vectors of posts they reacted to.',
  state: layout,
  handlers: [
    on({
      input: tasteReactions,
      key: ({ userId }, key) => key.id(userId),
      process: (reaction, state: Taste) => reaction.at > state.erasedAt && state.add(reaction),
    }),
    on({
      input: erasures,
      key: ({ userId }, key) => key.id(userId),
      process: ({ at }, state: Taste, context) => erase(at, state, context),
    }),
  ],
  outputs: [],
  onTimer(at, _key, state) {
    if (state.erasedAt === 0 || state.erasedAt + ERASURE_MEMORY_MS > at) return false
    state.erasedAt = 0
    return true
  },
}

/** A user's taste as of a time. */
export interface UserTaste {
  /** `CONTENT_DIMENSIONS`, of length 1. */
  readonly direction: Float32Array
  /** How much is known: about the faded weight of reactions that agree; see `tasteWeight`. */
  readonly strength: number
}

const read = new Taste()

/** No reaction that a row of `user-taste` knows of is later: the end of its newest epoch. −1 where it knows of none. */
export const tasteKnownUntil = (row: Buffer): number =>
  (read.load(rowReader(layout, row)).newest + 1) * EPOCH_MS - 1

/** The taste in a row of `user-taste`; null where nothing is known, or what is known cancels out. */
export const readUserTaste = (row: Buffer, asOf: Millis): UserTaste | null => {
  const stored = read.load(rowReader(layout, row))
  const direction = new Float32Array(CONTENT_DIMENSIONS)
  const length = stored.newest === -1 ? 0 : stored.readInto(asOf, direction)
  if (length === 0) return null
  for (let index = 0; index < direction.length; index++) direction[index]! /= length
  return { direction, strength: length / CONTENT_SCALE }
}
