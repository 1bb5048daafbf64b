import { EmbeddedLog } from '../../../engine/log/embedded.ts'
import { ScratchDisk } from '../../conformance/disk.ts'
import { logConformance } from '../../conformance/log.ts'

logConformance(
  'embedded, read from memory',
  async () => {
    const disk = await ScratchDisk.make()
    return {
      open: async (clock) => EmbeddedLog.open(await disk.open(), { clock }),
      dispose: () => disk.dispose(),
    }
  },
  { modelRuns: 25 },
)

logConformance(
  'embedded, read from disk',
  async () => {
    const disk = await ScratchDisk.make()
    return {
      open: async (clock) => EmbeddedLog.open(await disk.open(), { clock, tailBytesMax: 0 }),
      dispose: () => disk.dispose(),
    }
  },
  { modelRuns: 25 },
)
