import type { ModelName, SnapshotManifest } from '../snapshot/manifest.ts'

export type Manifests = Readonly<Record<ModelName, SnapshotManifest>>

/** Which snapshots new leases get, and which ones are still in use by older leases. */
export class LiveSnapshots {
  private manifests: Manifests
  private readonly users = new Map<string, number>()

  constructor(manifests: Manifests) {
    this.manifests = manifests
  }

  get live(): Manifests {
    return this.manifests
  }

  /** The live ones, kept until they are released as often. */
  acquire(): Manifests {
    for (const { version } of Object.values(this.manifests))
      this.users.set(version, this.usersOf(version) + 1)
    return this.manifests
  }

  /** Answers the versions that nobody needs any more. */
  release(manifests: Manifests): string[] {
    for (const { version } of Object.values(manifests)) this.users.set(version, this.usersOf(version) - 1)
    return this.unused(Object.values(manifests))
  }

  /** Makes a snapshot the live one of its model; answers the versions that nobody needs any more. */
  replace(model: ModelName, manifest: SnapshotManifest): string[] {
    const before = this.manifests[model]
    this.manifests = { ...this.manifests, [model]: manifest }
    return this.unused([before])
  }

  private unused(manifests: readonly SnapshotManifest[]): string[] {
    const live = Object.values(this.manifests).map(({ version }) => version)
    const unused = manifests
      .map(({ version }) => version)
      .filter((version) => !live.includes(version) && this.usersOf(version) === 0)
    for (const version of unused) this.users.delete(version)
    return unused
  }

  private usersOf(version: string): number {
    return this.users.get(version) ?? 0
  }
}
