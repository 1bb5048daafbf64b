import type { ElsewherePartition, RowList } from './inspection.ts'

/** Who runs what was asked for, for people. */
export const runnerText = ({ member, url }: Pick<ElsewherePartition, 'member' | 'url'>): string => {
  if (member === null) return 'nobody runs it now'
  return url === null ? `"${member}" runs it` : `"${member}" runs it, at ${url}`
}

/** Which partitions a list of rows lacks, a line for each who runs some; none where it lacks nothing. */
export const elsewhereLines = (
  store: string,
  { listed, elsewhere }: Omit<RowList, 'rows'>,
): readonly string[] => {
  if (elsewhere.length === 0) return []
  const runners = new Map<string, number[]>()
  for (const { partition, ...runner } of elsewhere) {
    const text = runnerText(runner)
    runners.set(text, [...(runners.get(text) ?? []), partition])
  }
  const count = listed.length + elsewhere.length
  return [
    `Listed ${listed.length} of the ${count} partitions of "${store}"; not listed:`,
    ...[...runners].map(([text, partitions]) => `  ${partitions.join(', ')}: ${text}`),
  ]
}
