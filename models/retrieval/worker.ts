import { parentPort, workerData } from 'node:worker_threads'
import type { SearchAnswer, SearchRequest, SearchTask, SearchThreadData } from './messages.ts'
import { PostSearch } from './post-search.ts'
import type { Matches } from './vector-index.ts'

/** The searching thread: holds the index, so that neither searches nor inserts hold up serving. */

const { towers } = workerData as SearchThreadData
const opening = PostSearch.create(towers)

const perform = async (task: SearchTask): Promise<Matches | undefined> => {
  const search = await opening
  if (task.kind === 'search') return search.search(task.viewer, task.count)
  if (task.kind === 'put') search.put(task.slots, task.items)
  else if (task.kind === 'remove') search.remove(task.slots)
  else search.swap(task.towers)
  return undefined
}

const answerTo = async ({ id, task }: SearchRequest): Promise<SearchAnswer> => {
  try {
    const matches = await perform(task)
    return matches === undefined ? { id } : { id, matches }
  } catch (error) {
    return { id, error: String(error) }
  }
}

let last: Promise<void> = Promise.resolve()
let isTending = false

parentPort!.on('message', (request: SearchRequest) => {
  last = last.then(async () => parentPort!.postMessage(await answerTo(request)))
  if (!isTending) tend()
})

/** What waits to be done is done between messages: a turn of the loop each. */
const tend = (): void => {
  isTending = true
  last = last.then(tendOnce)
}

const tendOnce = async (): Promise<void> => {
  const search = await opening
  if (await search.tend()) setImmediate(tend)
  else isTending = false
}
