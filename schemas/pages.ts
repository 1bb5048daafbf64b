import { mkdir, writeFile } from 'node:fs/promises'
import { format } from 'prettier'

/** As in .prettierrc.json: generated files are held to the same format as others. */
export const WIDTH = 110

/** A page of Markdown, of parts that stand apart. */
export const pageOf = (...parts: readonly string[]): Promise<string> =>
  format(parts.join('\n\n'), { parser: 'markdown', printWidth: WIDTH })

/** Writes a page of this repository, by its path there. */
export const writePage = async (path: string, content: string): Promise<void> => {
  const page = new URL(`../${path}`, import.meta.url)
  await mkdir(new URL('.', page), { recursive: true })
  await writeFile(page, content)
}
