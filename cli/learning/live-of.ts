import type { ModelRegistry } from '../../models/registry/registry.ts'
import type { LiveOf } from '../../models/training/live-opponents.ts'

/** What a registry says is live, for a trainer beside it. */
export const liveOf =
  (registry: ModelRegistry): LiveOf =>
  async (model) => {
    const live = await registry.live(model)
    return live && { version: live.version, directory: registry.directoryOf(live) }
  }
