import { describe, expect, it } from 'vitest'
import * as constants from '../src/constants.ts'

const docs = import.meta.glob('../../../docs/guarantees.md', {
  query: '?raw',
  import: 'default',
  eager: true
})
const [text = ''] = Object.values(docs)
const own = import.meta.glob('./*.spec.ts', { query: '?raw', import: 'default', eager: true })
const ofNode = import.meta.glob('../../node/test/*.spec.ts', {
  query: '?raw',
  import: 'default',
  eager: true
})
const mutants = import.meta.glob('../../../apps/dst/src/mutants/*.ts', {
  query: '?raw',
  import: 'default',
  eager: true
})

describe('docs/guarantees.md', () => {
  const { PROTOCOL_VERSIONS: _, ...limits } = constants

  it.each(Object.entries(limits))('gives %s as it is', (name, value) => {
    const rows = text
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .filter((cells) => cells.includes(`\`${name}\``))
    expect(rows).not.toEqual([])
    for (const cells of rows) expect(cells).toContain(value.toLocaleString('en-US'))
  })

  it('leads to tests that exist', () => {
    const links = [...text.matchAll(/packages\/(allreduce|node)\/test\/([^)#]+)/g)]
    expect(links.length).toBeGreaterThan(10)
    for (const [, home, file] of links) {
      const path = home === 'node' ? `../../node/test/${file}` : `./${file}`
      expect(Object.keys({ ...own, ...ofNode })).toContain(path)
    }
  })

  it('names mutants that exist', () => {
    const source = Object.values(mutants).join('\n')
    const lists = [...text.matchAll(/mutants?((?:,?\s+`[a-z ]+`)+)/g)]
    expect(lists).toHaveLength(7)
    for (const [, list = ''] of lists) {
      for (const [, name] of list.matchAll(/`([^`]+)`/g)) expect(source).toContain(`'${name}'`)
    }
  })
})
