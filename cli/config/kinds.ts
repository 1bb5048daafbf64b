/** What a setting may be: read from a file's JSON, or from the text of a variable or an option. */
export interface Kind<Value> {
  /** Ends a sentence that begins with "give". */
  readonly takes: string
  /** The value of this kind, made plain; undefined for what is none. */
  read(json: unknown): Value | undefined
  /** Text as the JSON that `read` takes. */
  parse(text: string): unknown
}

const plainText = (text: string): unknown => text

const kind = <Value>(
  takes: string,
  read: (json: unknown) => Value | undefined,
  parse: (text: string) => unknown = plainText,
): Kind<Value> => ({ takes, read, parse })

export const text = (pattern: RegExp, takes: string): Kind<string> =>
  kind(takes, (json) => (typeof json === 'string' && pattern.test(json) ? json : undefined))

/** Any text but an empty one. */
export const words = text(/\S/, 'text')

export const choice = <const Choice extends string>(choices: readonly Choice[]): Kind<Choice> =>
  kind(`one of ${choices.join(', ')}`, (json) => choices.find((each) => each === json))

export const flag: Kind<boolean> = kind(
  'true or false',
  (json) => (typeof json === 'boolean' ? json : undefined),
  (written) => (written === 'true' ? true : written === 'false' ? false : written),
)

export const whole = (min: number, max: number): Kind<number> =>
  kind(
    `a whole number from ${min} to ${max}`,
    (json) =>
      Number.isInteger(json) && Number(json) >= min && Number(json) <= max ? Number(json) : undefined,
    (written) => (/^-?\d+$/.test(written.trim()) ? Number(written) : written),
  )

/** A part of something, up to all of it. */
export const share = (min: number): Kind<number> =>
  kind(
    `a number from ${min} to 1`,
    (json) => (typeof json === 'number' && json >= min && json <= 1 ? json : undefined),
    (written) => (written.trim() === '' || Number.isNaN(Number(written)) ? written : Number(written)),
  )

/** Text lists them with commas. */
export const listOf = <Item>(item: Kind<Item>): Kind<readonly Item[]> =>
  kind(
    `a list, each ${item.takes}`,
    (json) => {
      if (!Array.isArray(json)) return undefined
      const items = json.map((each) => item.read(each))
      return items.some((each) => each === undefined) ? undefined : (items as Item[])
    },
    (written) => {
      const parts = written.split(',').map((part) => part.trim())
      return parts.filter((part) => part !== '').map((part) => item.parse(part))
    },
  )

const PORT_MAX = 65_535

/** A host and a port, as Kafka's clients write them. */
export const address: Kind<string> = kind('host:port, such as localhost:9092', (json) => {
  const [, host, port] = typeof json === 'string' ? (/^(.+):(\d{1,5})$/.exec(json.trim()) ?? []) : []
  if (host === undefined || /[\s/@]/.test(host)) return undefined
  return Number(port) >= 1 && Number(port) <= PORT_MAX ? `${host}:${Number(port)}` : undefined
})

/** A URL without credentials, its trailing slash taken off. */
export const urlOf = (protocols: readonly string[], example: string): Kind<string> =>
  kind(`a URL such as ${example}, without user and password in it`, (json) => {
    const url = typeof json === 'string' ? URL.parse(json) : null
    if (url === null || !protocols.includes(url.protocol) || url.hostname === '') return undefined
    return url.username === '' && url.password === '' ? String(json).replace(/\/+$/, '') : undefined
  })

/** As `urlOf`, of a server and nothing on it. */
export const serverUrlOf = (protocols: readonly string[], example: string): Kind<string> => {
  const url = urlOf(protocols, example)
  return kind(`${url.takes}, nor a path after it`, (json) => {
    const read = url.read(json)
    return read !== undefined && /^\w+:\/\/[^/?#]+$/.test(read) && !read.endsWith(':0') ? read : undefined
  })
}
