import type { ScanOptions } from './port.ts'

/** A row to set, or to remove when it has no value. */
export interface RowChange {
  readonly store: number
  readonly key: Uint8Array
  readonly value: Buffer | undefined
}

const STORE_MAX = 0xffff

/** What every adapter asks of stores and scans, so that all refuse the same things in the same words. */
export const checkStore = (store: number): void => {
  if (!Number.isInteger(store) || store < 0 || store > STORE_MAX) {
    throw new RangeError(`store is ${store}: give an integer from 0 to ${STORE_MAX}`)
  }
}

export const checkScan = ({ limit }: ScanOptions): void => {
  if (!(limit >= 0)) throw new RangeError(`limit is ${limit}: give 0 or more`)
}
