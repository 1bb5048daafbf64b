import { EngineError, type EngineErrorCode } from '../../engine/errors.ts'
import type { ViewRows } from '../view.ts'
import { fillFromRows, type FillTarget } from './fill.ts'
import type { KeyList } from './key-list.ts'
import type { FeaturePosition, FeatureReader, FeatureRows, RowReader } from './port.ts'

const EMPTY = Buffer.alloc(0)
const VERSION_BYTES = 1
const MISSED: ReadonlySet<EngineErrorCode> = new Set(['FEATURES_UNAVAILABLE', 'FEATURES_LOST'])

/**
 * Reads features off rows, wherever they come from. While rows cannot be had, features read as never seen, for a
 * feed is better ranked by what is left than not answered: `unavailable` hears of it, so that the answer says so.
 */
export class RowFeatures implements FeatureReader {
  private readonly rows: RowReader
  private readonly positions: Pick<FeatureReader, 'position'>
  private readonly unavailable: (error: EngineError) => void

  constructor(
    rows: RowReader,
    positions: Pick<FeatureReader, 'position'>,
    unavailable: (error: EngineError) => void,
  ) {
    this.rows = rows
    this.positions = positions
    this.unavailable = unavailable
  }

  async readMany(view: ViewRows, keys: readonly Uint8Array[]): Promise<FeatureRows> {
    const buffers: Buffer[] = Array.from({ length: keys.length }, () => EMPTY)
    const starts = new Uint32Array(keys.length)
    const ends = new Uint32Array(keys.length)
    for (const [index, row] of (await this.read(view.name, keys)).entries()) {
      if (row === null || row[0] !== view.version) continue
      buffers[index] = row
      starts[index] = VERSION_BYTES
      ends[index] = row.length
    }
    return { buffers, starts, ends }
  }

  fill(view: ViewRows, keys: KeyList, asOf: number, target: FillTarget): Promise<void> {
    return fillFromRows((of, wanted) => this.readMany(of, wanted), view, keys, asOf, target)
  }

  position(store: string, partition: number): Promise<FeaturePosition> {
    return this.positions.position(store, partition)
  }

  private async read(store: string, keys: readonly Uint8Array[]): Promise<readonly (Buffer | null)[]> {
    try {
      return keys.length === 0 ? [] : await this.rows.readRows(store, keys)
    } catch (error) {
      if (!(error instanceof EngineError) || !MISSED.has(error.code)) throw error
      this.unavailable(error)
      return keys.map(() => null)
    }
  }
}
