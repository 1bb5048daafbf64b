/**
 * Writes protobuf's wire format, as far as ONNX needs it: varints and length-delimited fields
 * (https://protobuf.dev/programming-guides/encoding/). Eight message types do not pay for a library and its
 * generated code.
 */
export class ProtobufWriter {
  private readonly parts: Uint8Array[] = []

  /** A non-negative int64, an int32 or an enum. */
  integer(field: number, value: number): this {
    this.tag(field, VARINT)
    this.varint(value)
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    this.tag(field, LENGTH_DELIMITED)
    this.varint(value.length)
    this.parts.push(value)
    return this
  }

  string(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value))
  }

  message(field: number, value: ProtobufWriter): this {
    return this.bytes(field, value.finish())
  }

  /** An int64 a value, two's complement: negative ones take ten bytes. Repeated, not packed. */
  integers(field: number, values: readonly number[]): this {
    for (const value of values) this.integer(field, value)
    return this
  }

  finish(): Uint8Array {
    return Buffer.concat(this.parts)
  }

  private tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType)
  }

  private varint(value: number): void {
    const bytes: number[] = []
    let rest = BigInt.asUintN(64, BigInt(value))
    while (rest > 0x7fn) {
      bytes.push(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    bytes.push(Number(rest))
    this.parts.push(Uint8Array.from(bytes))
  }
}

const VARINT = 0
const LENGTH_DELIMITED = 2
