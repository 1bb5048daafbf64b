import { writeFile } from 'node:fs/promises'
import { format } from 'prettier'
import { allContracts, asyncApi } from './asyncapi.ts'
import type { Json } from './declare/kind.ts'
import { pageOf, WIDTH } from './pages.ts'
import { readme } from './readme.ts'

/**
 * Every file that is made from the contracts: path within schemas/ to content. A test compares them with what is
 * committed; run this file to write them anew.
 */
export const generated = async (): Promise<ReadonlyMap<string, string>> => {
  const files = new Map<string, string>()
  for (const { topic, schemas } of allContracts) {
    for (const [index, schema] of schemas.entries()) {
      files.set(`${topic}/v${index + 1}.avsc`, await json(schema))
    }
  }
  files.set('asyncapi.json', await json(asyncApi()))
  files.set('README.md', await pageOf(readme()))
  return files
}

const json = (document: Json): Promise<string> =>
  format(JSON.stringify(document), { parser: 'json', printWidth: WIDTH })

if (import.meta.main) {
  for (const [path, content] of await generated()) {
    await writeFile(new URL(path, import.meta.url), content)
  }
}
