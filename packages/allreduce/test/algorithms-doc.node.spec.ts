import { expect, it } from 'vitest'
import { fillTables, renderTables } from './algorithms-tables.ts'

const files = import.meta.glob('../../../docs/algorithms.md', {
  query: '?raw',
  import: 'default',
  eager: true
})
const [text = ''] = Object.values(files)

// `npm run tables` in this package writes them anew
it('docs/algorithms.md has the tables that the code gives', async () => {
  for (const name of Object.keys(renderTables())) expect(text).toContain(`<!-- table: ${name} -->`)
  await expect(fillTables(text)).toMatchFileSnapshot('../../../docs/algorithms.md')
})
