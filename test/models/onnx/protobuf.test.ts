import { expect, test } from 'vitest'
import { ProtobufWriter } from '../../../models/onnx/protobuf.ts'

const hex = (writer: ProtobufWriter): string => Buffer.from(writer.finish()).toString('hex')
const message = (): ProtobufWriter => new ProtobufWriter()

// The examples of https://protobuf.dev/programming-guides/encoding/.
test('writes what the encoding guide writes', () => {
  expect(hex(message().integer(1, 150))).toBe('089601')
  expect(hex(message().string(2, 'testing'))).toBe('120774657374696e67')
  expect(hex(message().message(3, message().integer(1, 150)))).toBe('1a03089601')
  expect(hex(message().integer(1, -2))).toBe('08feffffffffffffffff01')
})

test('repeats lists field by field, and tags beyond 15 take two bytes', () => {
  expect(hex(message().integers(1, [1, 0, 300]))).toBe('0801080008ac02')
  expect(hex(message().integer(20, 2))).toBe('a00102')
})
