import { expect, it } from 'vitest'

import { checkLinks } from '../src/links.ts'

const there = new Set(['README.md', 'docs/a.md', 'packages/a', 'packages/a/README.md', 'src/x.ts'])

function flaws(text: string): string[] {
  const pages = [
    { path: 'docs/a.md', text },
    { path: 'README.md', text: '# Top\n\n## How `it` works, and why\n' },
    { path: 'packages/a/README.md', text: '## Part 2\n' }
  ]
  return checkLinks(pages, (path) => there.has(path)).map(
    ({ path, line, message }) => `${path}:${line}: ${message}`
  )
}

it('takes links to files, folders and headings that are there', () => {
  const text = `# My own
[a](../README.md) [b](../README.md#how-it-works-and-why) [c](#my-own) [d](../src/x.ts)
[e](../packages/a) [f](../packages/a#part-2) [g](https://example.org/nothing) [h](mailto:a@b.c)`
  expect(flaws(text)).toEqual([])
})

it('names links that lead nowhere, with their line', () => {
  expect(flaws('# A\n\n[a](gone.md)\n[b](../README.md#gone) [c](#gone)\n')).toEqual([
    'docs/a.md:3: the link to gone.md leads nowhere: there is no docs/gone.md',
    'docs/a.md:4: the link to ../README.md#gone leads nowhere: README.md has no heading of that name',
    'docs/a.md:4: the link to #gone leads nowhere: docs/a.md has no heading of that name'
  ])
})

it('takes nothing in code for a link or a heading', () => {
  expect(flaws('```ts\nf[0](gone.md)\n# gone\n```\n[a](#gone)')).toEqual([
    'docs/a.md:5: the link to #gone leads nowhere: docs/a.md has no heading of that name'
  ])
})
