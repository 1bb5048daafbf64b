import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { keepCompiledCode } from './cli/runtime/compiled-code.ts'

// Tests start some hundred processes and threads of the same code.
keepCompiledCode()

const WORKERS_MIN = 2
const WORKERS_MAX = 4

/** Rooms whose tests set nothing that a process has one of: it may run them file after file, and loads the code once. */
const SHARED = 'engine|features|models|processors|schemas|serving|topologies|web|world'
/** But for those that start brokers, and servers. */
const APART = ['test/engine/log/kafka{.test.ts,/**/*.test.ts}', 'test/serving/http/**/*.test.ts']

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: Math.min(WORKERS_MAX, Math.max(WORKERS_MIN, availableParallelism())),
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          include: [`test/@(${SHARED})/**/*.test.ts`],
          exclude: APART,
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: 'apart', include: [`test/{,!(${SHARED})/**/}*.test.ts`, ...APART] },
      },
    ],
  },
})
