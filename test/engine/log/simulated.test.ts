import { SimulatedLog } from '../../../engine/log/simulated.ts'
import { SimulatedLogDisk } from '../../../engine/log/simulated-disk.ts'
import { logConformance } from '../../conformance/log.ts'

for (const dropsTrimmed of [false, true]) {
  logConformance(
    dropsTrimmed ? 'simulated, dropping what is trimmed' : 'simulated',
    async () => {
      const disk = new SimulatedLogDisk()
      return {
        open: async (clock) => new SimulatedLog({ clock, disk, dropsTrimmed }),
        dispose: async () => {},
      }
    },
    { modelRuns: 200 },
  )
}
