import type { ByteReader, ByteWriter } from '../../engine/bytes.ts'
import { MEASURES, type Measure, type Measures, type Moments, RATIOS } from './measures.ts'

/** `signed varint` a measure, in the order of `MEASURES`. */
export const writeMeasures = (measures: Measures, writer: ByteWriter): void => {
  for (const measure of MEASURES) writer.signedVarint(measures[measure])
}

export const readMeasures = (reader: ByteReader): Measures => {
  const measures: Partial<Record<Measure, number>> = {}
  for (const measure of MEASURES) measures[measure] = reader.signedVarint()
  return measures as Measures
}

/** `signed varint users`, then sums, squares and products. */
export const writeMoments = ({ users, sums, squares, products }: Moments, writer: ByteWriter): void => {
  writer.signedVarint(users)
  writeMeasures(sums, writer)
  writeMeasures(squares, writer)
  for (const product of products) writer.signedVarint(product)
}

export const readMoments = (reader: ByteReader): Moments => ({
  users: reader.signedVarint(),
  sums: readMeasures(reader),
  squares: readMeasures(reader),
  products: RATIOS.map(() => reader.signedVarint()),
})
