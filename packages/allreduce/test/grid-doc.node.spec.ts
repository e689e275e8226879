import { expect, it } from 'vitest'
import { mixingTable } from './grid-tables.ts'

const files = import.meta.glob('../../../docs/grid.md', {
  query: '?raw',
  import: 'default',
  eager: true
})
const [text = ''] = Object.values(files)

/** Cells without the padding of a formatter. */
function cellsOf(table: string): string[][] {
  return table
    .trim()
    .split('\n')
    .filter((line) => !line.includes('---'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
}

it('docs/grid.md has the table that the code gives for 64 peers', async () => {
  const table = /<!-- table: mixing -->(.*?)<!-- end -->/s.exec(text)?.[1] ?? ''
  const shape = { groupSize: 4, dimensions: 3, peers: 64, rounds: 6, seed: 1 }
  expect(cellsOf(table)).toEqual(cellsOf(await mixingTable(shape)))
})
