import { readDumpFile } from './dump-file.ts'
import type { Row } from './dump-file.ts'
import { EventSorter } from './event-sorter.ts'
import { EventWriter } from './event-writer.ts'
import { ReportCounter } from './import-report.ts'
import type { ImportProgress, ImportReport } from './import-report.ts'
import { PostTable } from './post-table.ts'
import { importPost, POST_COLUMNS, POST_COLUMNS_OPTIONAL } from './posts.ts'
import type { PostColumn } from './posts.ts'
import { COMMENT_COLUMNS, importComment, importVote, VOTE_COLUMNS } from './reactions.ts'
import { titleTagger } from './title-tags.ts'
import type { TitleTagger } from './title-tags.ts'

export type { ImportProgress, ImportReport } from './import-report.ts'
export { ImportError } from './import-error.ts'

/** Rows between two calls of `onProgress`. */
const PROGRESS_ROWS = 20_000

export interface ImportOptions {
  /** Holds Posts, Comments, Votes and, where Posts has no Tags column, Tags: each as .csv or .csv.gz. */
  readonly directory: string
  /** Written whole or not at all; a file that is there is replaced. Its directory must exist. */
  readonly out: string
  readonly onProgress?: (progress: ImportProgress) => void
}

/**
 * Turns a Stack Exchange dump in CSV form into contract NDJSON, `{"topic":…,"value":…}` a line, in the order of
 * event time. Memory is bounded by the sorter's limits and 17 bytes for each post id. The mapping is in
 * README.md beside this file. Throws an `ImportError`.
 */
export const importStackExchange = async (options: ImportOptions): Promise<ImportReport> => {
  const sorter = await EventSorter.create(options.out)
  try {
    const writer = new EventWriter(sorter, new ReportCounter())
    await importTables(options, writer)
    options.onProgress?.({ stage: 'sorting', rows: 0, events: writer.events })
    await sorter.finish()
    return writer.counter.report()
  } finally {
    await sorter.close()
  }
}

const importTables = async (options: ImportOptions, writer: EventWriter): Promise<void> => {
  const { directory } = options
  const posts = new PostTable()
  let tagger: TitleTagger | undefined
  await readDumpFile<PostColumn>(
    { directory, table: 'Posts', columns: POST_COLUMNS, optionalColumns: POST_COLUMNS_OPTIONAL },
    counting(options, 'posts', writer, (row) => importPost(row, posts, tagger, writer)),
    async (present) => {
      if (!present.has('Tags')) tagger = await readTagger(directory)
    },
  )
  await readDumpFile(
    { directory, table: 'Comments', columns: COMMENT_COLUMNS },
    counting(options, 'comments', writer, (row) => importComment(row, posts, writer)),
  )
  await readDumpFile(
    { directory, table: 'Votes', columns: VOTE_COLUMNS },
    counting(options, 'votes', writer, (row) => importVote(row, posts, writer)),
  )
}

const readTagger = async (directory: string): Promise<TitleTagger> => {
  const names: string[] = []
  await readDumpFile({ directory, table: 'Tags', columns: ['TagName'] }, (row) => {
    names.push(row.text('TagName').toLowerCase())
    return undefined
  })
  return titleTagger(names)
}

/** Tells the progress before a row is imported, now and then. */
const counting = <Column extends string>(
  { onProgress }: ImportOptions,
  stage: ImportProgress['stage'],
  writer: EventWriter,
  importRow: (row: Row<Column>) => Promise<void> | undefined,
): ((row: Row<Column>) => Promise<void> | undefined) => {
  let rows = 0
  return (row) => {
    if (rows++ % PROGRESS_ROWS === 0) onProgress?.({ stage, rows, events: writer.events })
    return importRow(row)
  }
}
