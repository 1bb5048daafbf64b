import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Arena, BLOCK_BYTES_MAX, sizeClassOf } from '../../../engine/state/arena.ts'

interface Block {
  readonly handle: number
  readonly sizeClass: number
  readonly bytes: number
  readonly fill: number
}

const view = (arena: Arena, { handle, bytes }: Block): Buffer => {
  const start = arena.offset(handle)
  return arena.segment(handle).subarray(start, start + bytes)
}

const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.nat(700) },
  { weight: 2, arbitrary: fc.nat(70_000) },
  { weight: 1, arbitrary: fc.constantFrom(BLOCK_BYTES_MAX, BLOCK_BYTES_MAX - 1, 1 << 20) },
)
const steps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('allocate' as const), size: sizes }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('release' as const), size: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const), size: fc.constant(0) }) },
  ),
  { maxLength: 60 },
)

describe('an arena', () => {
  it('never lets two blocks share a byte, whatever is allocated, released and forgotten', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const arena = new Arena()
        let blocks: Block[] = []
        for (const [index, { kind, size }] of sequence.entries()) {
          if (kind === 'reset') {
            arena.reset()
            blocks = []
          } else if (kind === 'release') {
            const [block] = blocks.splice(size % Math.max(1, blocks.length), 1)
            if (block !== undefined) arena.release(block.handle, block.sizeClass)
          } else {
            const sizeClass = sizeClassOf(size)
            const block = { handle: arena.allocate(sizeClass), sizeClass, bytes: size, fill: index % 256 }
            expect(view(arena, block)).toHaveLength(size)
            view(arena, block).fill(block.fill)
            blocks.push(block)
          }
        }
        for (const block of blocks) {
          expect(view(arena, block).equals(Buffer.alloc(block.bytes, block.fill))).toBe(true)
        }
        if (blocks.length === 0) expect(arena.liveBytes).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  it('has a size class for every size up to its largest block, none of them needlessly large', () => {
    const arena = new Arena()
    for (const bytes of [0, 1, 16, 17, 512, 513, 1_000, 65_536, 65_537, 1 << 20, BLOCK_BYTES_MAX]) {
      const before = arena.liveBytes
      arena.allocate(sizeClassOf(bytes))
      const taken = arena.liveBytes - before
      expect(taken).toBeGreaterThanOrEqual(bytes)
      expect(taken).toBeLessThanOrEqual(Math.max(bytes + 16, bytes * 1.25 + 16))
    }
    expect(() => sizeClassOf(BLOCK_BYTES_MAX + 1)).toThrow(RangeError)
  })
})
