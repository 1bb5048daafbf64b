import { RocksState } from '../../../engine/state/rocksdb.ts'
import { ScratchDisk } from '../../conformance/disk.ts'
import { stateConformance } from '../../conformance/state.ts'

stateConformance(
  'RocksDB',
  async () => {
    const disk = await ScratchDisk.make()
    return {
      open: async () => RocksState.open(await disk.open()),
      dispose: () => disk.dispose(),
    }
  },
  { modelRuns: 25 },
)
