#!/usr/bin/env node
import { takeHugePages } from './runtime/huge-pages.ts'

takeHugePages(process.argv[2])
// Loaded only now, for all that is loaded before would be loaded twice.
const { main } = await import('./main.ts')
process.exitCode = await main(process.argv.slice(2))
