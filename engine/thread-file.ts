import { extname } from 'node:path'

/** What a thread runs: a file beside the module at `url`, as it was written or as it was compiled, as the module is. */
export const threadFile = (url: string, name: string): URL => new URL(`./${name}${extname(url)}`, url)
