import { parentPort, workerData } from 'node:worker_threads'
import { ModelError } from '../errors.ts'
import { performTasks } from '../threads/perform.ts'
import type { SearchTask, SearchThreadData } from './messages.ts'
import { PostSearch } from './post-search.ts'
import { type Matches, NO_MATCHES } from './vector-index.ts'

/** The searching thread: holds the index, so that neither searches nor inserts hold up serving. */

const { towers } = workerData as SearchThreadData
const opening = PostSearch.create(towers)

const perform = async (task: SearchTask): Promise<Matches> => {
  const search = await opening
  if (task.kind === 'search') return search.search(task.viewer, task.count)
  if (task.kind === 'put') search.put(task.slots, task.items)
  else if (task.kind === 'remove') search.remove(task.slots)
  else if (task.kind === 'swap') search.swap(task.towers)
  else await search.settle()
  return NO_MATCHES
}

performTasks(parentPort!, {
  perform: async (task: SearchTask) => {
    try {
      return await perform(task)
    } catch (cause) {
      throw new ModelError('SEARCH_FAILED', String(cause), { cause })
    }
  },
  tend: async () => (await opening).tend(),
  dispose: async () => (await opening).dispose(),
})
