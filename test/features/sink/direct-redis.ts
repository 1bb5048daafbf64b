import { Cluster, Redis } from 'ioredis'
import type { RedisStoreOptions } from '../../../features/store/redis/options.ts'
import type { RedisService } from '../../../services/port.ts'

/** Looks at keys of Redis, and changes them, behind the store's back: the same on one node and on a cluster. */
export class DirectRedis {
  private readonly client: Redis | Cluster
  private readonly nodes: readonly Redis[]

  constructor(mode: RedisStoreOptions['mode'], nodes: readonly RedisService[]) {
    const addresses = nodes.map(({ host, port }) => ({ host, port }))
    this.nodes = addresses.map((address) => new Redis(address))
    this.client = mode === 'cluster' ? new Cluster(addresses) : this.nodes[0]!
    for (const each of [this.client, ...this.nodes]) each.on('error', () => undefined)
  }

  async keys(pattern: string): Promise<readonly string[]> {
    const found = await Promise.all(this.nodes.map((_, node) => this.keysOn(node, pattern)))
    return found.flat()
  }

  keysOn(node: number, pattern: string): Promise<readonly string[]> {
    return this.nodes[node]!.keys(pattern)
  }

  get(key: string): Promise<string | null> {
    return this.client.get(key)
  }

  async set(key: string, value: string): Promise<void> {
    await this.client.set(key, value)
  }

  async del(key: string): Promise<void> {
    await this.client.del(key)
  }

  exists(key: string): Promise<number> {
    return this.client.exists(key)
  }

  /** One of the nodes forgets everything. */
  async flush(node: number): Promise<void> {
    await this.nodes[node % this.nodes.length]!.flushall()
  }

  close(): void {
    for (const each of [this.client, ...this.nodes]) each.disconnect()
  }
}
