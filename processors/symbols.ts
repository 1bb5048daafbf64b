import type { ByteReader, ByteWriter } from '../engine/bytes.ts'
import { EngineError } from '../engine/errors.ts'

/** A closed list of words as one byte: the word's place in the list, so lists may only grow at their end. */
export class Symbols<Symbol extends string> {
  private readonly symbols: readonly Symbol[]
  private readonly codes: ReadonlyMap<Symbol, number>

  constructor(symbols: readonly Symbol[]) {
    this.symbols = symbols
    this.codes = new Map(symbols.map((symbol, code) => [symbol, code]))
  }

  write(symbol: Symbol, writer: ByteWriter): void {
    writer.u8(this.codes.get(symbol)!)
  }

  /** Throws `DECODE_FAILED` for a byte that names none of them. */
  read(reader: ByteReader): Symbol {
    const code = reader.u8()
    const symbol = this.symbols[code]
    if (symbol !== undefined) return symbol
    throw new EngineError('DECODE_FAILED', `byte ${code} names none of ${this.symbols.join(', ')}`)
  }
}
