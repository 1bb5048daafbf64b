/** A table in Markdown. Of what cells hold, `|` would end one, and `__` would begin bold text. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('__', '\\_\\_')

export const code = (text: string): string => `\`${text}\``
