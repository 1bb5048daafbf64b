import { expect, test } from 'vitest'
import { columnDocs } from '../../features/docs.ts'
import { touchView } from './sample.ts'

test('the docs have a line for every column, with its unit and meaning', () => {
  const view = touchView()
  const docs = columnDocs(view)
  for (const { name, unit, about } of view.columns)
    expect(docs).toContain(`| \`${name}\` | ${unit} | ${about} |`)
  expect(docs).toContain('### user-author, version 3')
  expect(docs).toContain(view.columnsHash)
})
