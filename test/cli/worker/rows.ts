import type { Worker } from '../../../engine/worker.ts'

const ROWS_MAX = 1_000_000

/** All rows of the tasks that workers run, by store and key, in order: to be compared byte for byte. */
export const rowsOf = async (
  workers: readonly Pick<Worker, 'storeNames' | 'stores'>[],
): Promise<Map<string, string>> => {
  const rows = new Map<string, string>()
  for (const worker of workers) {
    for (const name of worker.storeNames()) {
      for (const store of (await worker.stores(name)) ?? []) {
        for (const { key, value } of await store.scan({ limit: ROWS_MAX })) {
          rows.set(`${name}/${key.toString('latin1')}`, value.toString('hex'))
        }
      }
    }
  }
  return new Map([...rows].sort(([one], [other]) => (one < other ? -1 : 1)))
}
