import { CliError } from '../errors.ts'
import type { Names } from './names.ts'

/** Adds the topology's import to topologies/index.ts, and its name to the list of topologies. */
export const addTopology = (index: string, { name, camel }: Names): string =>
  appendTo(
    addImport(index, `import { ${camel}Topology } from './${name}.ts'`),
    /export const topologies: readonly Topology\[\] = \[([^\]]*)\]/,
    `${camel}Topology`,
  )

/** Adds the view's import to topologies/index.ts, and its name to the map of views. */
export const addView = (index: string, { name, camel }: Names): string =>
  appendTo(
    addImport(index, `import { ${camel} } from '../processors/views/${name}.ts'`),
    /export const views: [^=]*= new Map\(\s*\[([^\]]*)\]/,
    camel,
  )

/** Adds the processor's reader to cli/decoders.ts. */
export const addDecoder = (decoders: string, { name, pascal }: Names): string => {
  const anchor = 'const DECODERS: Readonly<Record<string, Decoder>> = {'
  if (!decoders.includes(anchor)) throw unknownForm(anchor)
  return addImport(decoders, `import { read${pascal} } from '../processors/${name}.ts'`).replace(
    anchor,
    `${anchor}\n  '${name}': read${pascal},`,
  )
}

const addImport = (text: string, line: string): string => {
  const last = text.lastIndexOf('\nimport ')
  if (last === -1) throw unknownForm('import …')
  const end = text.indexOf('\n', last + 1)
  return `${text.slice(0, end)}\n${line}${text.slice(end)}`
}

/** Appends an item to the list that `list` finds, as its first group. */
const appendTo = (text: string, list: RegExp, item: string): string => {
  const found = list.exec(text)
  if (found === null) throw unknownForm(String(list))
  const items = found[1]!.trim().replace(/,$/, '')
  return text.replace(found[0], found[0].replace(found[1]!, items === '' ? item : `${items}, ${item}`))
}

const unknownForm = (anchor: string): CliError =>
  new CliError('NOT_A_CHECKOUT', `a file is not of the form that can be added to (looked for ${anchor})`)
