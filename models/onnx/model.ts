import type { Attribute, ElementType, Graph, Initialiser, Node, Value } from '../graph/graph.ts'
import { ProtobufWriter } from './protobuf.ts'

/**
 * ONNX's ModelProto of a graph. Numbers of fields and types are those of onnx.proto
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). The same graph gives the same bytes.
 */
export const onnxModel = (graph: Graph): Uint8Array =>
  message()
    .integer(1, IR_VERSION)
    .string(2, 'freshet')
    .message(7, graphProto(graph))
    .message(8, message().string(1, '').integer(2, OPSET_VERSION))
    .finish()

/** Of 2022: read by every ONNX runtime of the last years. */
const IR_VERSION = 8
const OPSET_VERSION = 17

const ELEMENT_TYPES: Readonly<Record<ElementType, number>> = {
  float32: 1,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
}
const ATTRIBUTE_INTEGER = 2
const ATTRIBUTE_INTEGERS = 7

const message = (): ProtobufWriter => new ProtobufWriter()

const graphProto = (graph: Graph): ProtobufWriter => {
  const proto = message()
  for (const [index, node] of graph.nodes.entries()) proto.message(1, nodeProto(node, index))
  proto.string(2, graph.name)
  for (const initialiser of graph.initialisers) proto.message(5, tensorProto(initialiser))
  for (const input of graph.inputs) proto.message(11, valueProto(input))
  for (const output of graph.outputs) proto.message(12, valueProto(output))
  return proto
}

const nodeProto = (
  { operator, inputs, output, secondOutput, attributes }: Node,
  index: number,
): ProtobufWriter => {
  const proto = message()
  for (const input of inputs) proto.string(1, input.name)
  proto.string(2, output.name)
  if (secondOutput !== undefined) proto.string(2, secondOutput.name)
  proto.string(3, `${operator}_${index}`).string(4, operator)
  for (const [name, value] of Object.entries(attributes)) proto.message(5, attributeProto(name, value))
  return proto
}

/** Every attribute in use is an integer or a list of them. */
const attributeProto = (name: string, value: Attribute): ProtobufWriter =>
  typeof value === 'number'
    ? message().string(1, name).integer(3, value).integer(20, ATTRIBUTE_INTEGER)
    : message().string(1, name).integers(8, value).integer(20, ATTRIBUTE_INTEGERS)

const tensorProto = ({ value, data }: Initialiser): ProtobufWriter => {
  const proto = message()
  for (const dimension of value.shape) proto.integer(1, Number(dimension))
  return proto
    .integer(2, ELEMENT_TYPES[value.type])
    .string(8, value.name)
    .bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

const valueProto = ({ name, type, shape }: Value): ProtobufWriter => {
  const dimensions = message()
  for (const dimension of shape) {
    dimensions.message(
      1,
      typeof dimension === 'number' ? message().integer(1, dimension) : message().string(2, dimension),
    )
  }
  const tensor = message().integer(1, ELEMENT_TYPES[type]).message(2, dimensions)
  return message().string(1, name).message(2, message().message(1, tensor))
}
