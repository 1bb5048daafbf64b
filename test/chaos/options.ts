import { parseArgs } from 'node:util'

const WRONG = 2

/** Numbers of a command line, by the names of `defaults`, and the words of `texts`. Ends the process on anything else. */
export const optionsOf = <Names extends string, Texts extends string = never>(
  defaults: Readonly<Record<Names, number>>,
  texts: readonly Texts[] = [],
  positionals = 0,
): { numbers: Record<Names, number>; texts: Partial<Record<Texts, string>>; given: string[] } => {
  const names = Object.keys(defaults) as Names[]
  const options = Object.fromEntries([...names, ...texts].map((name) => [name, { type: 'string' } as const]))
  try {
    const parsed = parseArgs({ options, allowPositionals: positionals > 0 })
    const values = parsed.values as Partial<Record<string, string>>
    if (parsed.positionals.length !== positionals)
      throw new TypeError(`name ${positionals} file of events after the script`)
    const numbers: Record<Names, number> = { ...defaults }
    for (const name of names) if (values[name] !== undefined) numbers[name] = numberOf(name, values[name])
    return { numbers, texts: values, given: parsed.positionals }
  } catch (error) {
    const known = [
      ...names.map((name) => `--${name} ${defaults[name]}`),
      ...texts.map((name) => `--${name} FILE`),
    ]
    process.stderr.write(`${(error as Error).message}\nThere are ${known.join(' ')}\n`)
    return process.exit(WRONG)
  }
}

const numberOf = (name: string, text: string): number => {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new TypeError(`--${name} is "${text}": give a number, 0 or more`)
  return Number(text)
}
