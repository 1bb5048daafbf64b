import { expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { LiveSnapshots, type Manifests } from '../../../models/scoring/live-snapshots.ts'
import { type ModelName, type SnapshotManifest, withVersion } from '../../../models/snapshot/manifest.ts'

const manifest = (model: ModelName, columnsHash: string): SnapshotManifest =>
  withVersion({ format: 1, model, origin: 'trained', columns: ['c'], columnsHash, heads: ['h'], files: {} })

test('a version is given up exactly when it is neither live nor in use, whatever the order of things', () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = new Random(seed)
    const versions = {
      heavy: [0, 1, 2].map((each) => manifest('heavy', `${each}`)),
      light: [0, 1].map((each) => manifest('light', `${each}`)),
    }
    const live = new LiveSnapshots({ heavy: versions.heavy[0]!, light: versions.light[0]! })
    const leases: Manifests[] = []
    const held = new Set([live.live.heavy.version, live.live.light.version])
    for (let step = 0; step < 40; step++) {
      const action = random.below(3)
      if (action === 0) leases.push(live.acquire())
      else if (action === 1) {
        const model = random.pick(['heavy', 'light'] as const)
        const next = random.pick(versions[model])
        held.add(next.version)
        for (const version of live.replace(model, next)) held.delete(version)
      } else if (leases.length > 0) {
        const [lease] = leases.splice(random.below(leases.length), 1)
        for (const version of live.release(lease!)) held.delete(version)
      }
      const needed = [live.live, ...leases].flatMap(({ heavy, light }) => [heavy.version, light.version])
      expect([...held].sort()).toEqual([...new Set(needed)].sort())
    }
  }
})
