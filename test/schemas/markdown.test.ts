import { expect, test } from 'vitest'
import { table } from '../../schemas/markdown.ts'

test('a table shows what would end a cell, or be bold, as it is', () => {
  expect(table(['a', 'b'], [['x | y', '"__proto__"']])).toBe(
    '| a | b |\n| --- | --- |\n| x \\| y | "\\_\\_proto\\_\\_" |',
  )
})
