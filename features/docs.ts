import type { ViewRows } from './view.ts'

/** A view's columns as a Markdown table, for the page of features. */
export const columnDocs = (view: ViewRows): string => {
  const lines = view.columns.map(({ name, unit, about }) => `| \`${name}\` | ${unit} | ${about} |`)
  return [
    `### ${view.name}, version ${view.version}`,
    '',
    `${view.about} Rows lie with the ${view.keySpace}; columns hash \`${view.columnsHash}\`.`,
    '',
    '| column | unit | meaning |',
    '| --- | --- | --- |',
    ...lines,
    '',
  ].join('\n')
}
