#!/usr/bin/env node
import { keepCompiledCode } from './runtime/compiled-code.ts'
import { takeHugePages } from './runtime/huge-pages.ts'

takeHugePages(process.argv[2])
keepCompiledCode()
// Loaded only now, for all that is loaded before would be loaded twice, and compiled anew each time.
const { main } = await import('./main.ts')
process.exitCode = await main(process.argv.slice(2))
