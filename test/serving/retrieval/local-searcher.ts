import { ModelError } from '../../../models/errors.ts'
import { PostSearch } from '../../../models/retrieval/post-search.ts'
import { priorTowers } from '../../../models/retrieval/towers.ts'
import { SearchedPosts, type Searcher } from '../../../serving/retrieval/searched-posts.ts'
import { later } from '../../processors/events.ts'
import type { People } from '../people.ts'

/**
 * A search on this thread; `hasCrashed` makes it as one whose thread has died. While it is `held`, it takes no swaps, and
 * what is asked for after one waits for it, as on a thread.
 */
export class LocalSearcher implements Searcher {
  puts = 0
  hasCrashed = false
  held: Promise<void> = Promise.resolve()
  private swapping: Promise<void> = Promise.resolve()
  private readonly search_ = PostSearch.create(priorTowers())

  async put(...given: Parameters<Searcher['put']>): Promise<void> {
    const search = await this.alive()
    this.puts++
    search.put(...given)
  }

  async remove(slots: Uint32Array): Promise<void> {
    const search = await this.alive()
    search.remove(slots)
  }

  async search(...given: Parameters<Searcher['search']>): ReturnType<Searcher['search']> {
    await this.swapping.catch(() => undefined)
    return (await this.alive()).search(...given)
  }

  async swap(towers: Float32Array): Promise<void> {
    this.swapping = this.take(towers, this.swapping)
    return this.swapping
  }

  async settle(): Promise<void> {
    await (await this.alive()).settle()
  }

  async close(): Promise<void> {
    await (await this.search_).dispose()
  }

  private async take(towers: Float32Array, before: Promise<void>): Promise<void> {
    await before.catch(() => undefined)
    await this.held
    ;(await this.alive()).swap(towers)
  }

  private async alive(): Promise<PostSearch> {
    if (this.hasCrashed) throw new ModelError('SEARCH_CRASHED', 'for a test')
    return this.search_
  }
}

/** Retrieval over what these people published, by the prior's towers; it takes in what is there when refreshed. */
export const searchedPosts = (people: People): SearchedPosts =>
  new SearchedPosts(
    {
      rows: people.state.rows,
      newestEventAt: () => later(0),
      breathe: async () => undefined,
      sleep: async () => undefined,
      failed: () => undefined,
      start: () => new LocalSearcher(),
    },
    { version: 'prior', parameters: priorTowers() },
  )
