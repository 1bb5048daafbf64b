import { defineConfig } from 'vitest/config'
import { keepCompiledCode } from './cli/runtime/compiled-code.ts'

// Tests start some hundred processes and threads of the same code.
keepCompiledCode()

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
